"""Why a value is missing: the one list of reason codes that every room, page and JSON body uses.

A value is observed, derived or missing with one of these codes; nothing is ever filled in. Only codes belong here:
gates name themselves, and errors have their own tree in ``providers.errors``.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Code of a missing value; the text after it says what it means and what would change it."""

    PRESENT = "present"
    NO_BAR = "no_bar"
    SHORT_HISTORY = "short_history"
    NOT_PUBLISHED = "not_published"
    NOT_LISTED_IN_SOURCE = "not_listed_in_source"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    PROVIDER_REFUSED = "provider_refused"
    PLAN_LACKS_SOURCE = "plan_lacks_source"
    NOT_FETCHED = "not_fetched"
    STALE = "stale"
    BIASED_NOT_ASKED = "biased_not_asked"
    ZERO_DENOMINATOR = "zero_denominator"
    SENTINEL = "sentinel"
    INPUT_MISSING = "input_missing"
    INVALID_VALUE = "invalid_value"
    SOURCE_NOT_BUILT = "source_not_built"
    NOT_SHORTLISTED = "not_shortlisted"
    QUOTA_SPENT = "quota_spent"
    NO_CHAIN = "no_chain"
    WIDE_MARKET = "wide_market"
    NO_ROOT = "no_root"
    NO_EXTRAPOLATION = "no_extrapolation"
    NO_RATE = "no_rate"
    COUNT_TOO_SMALL = "count_too_small"
    BASIS_UNKNOWN = "basis_unknown"
    SHARED_COUNT = "shared_count"
    COUNT_AGAINST_PRICE = "count_against_price"
    FLOAT_ABOVE_OUTSTANDING = "float_above_outstanding"
    FLOAT_AGAINST_VOLUME = "float_against_volume"
    SHORT_AGAINST_VOLUME = "short_against_volume"
    SHORT_ABOVE_COUNTS = "short_above_counts"
    OTHER_SECURITY = "other_security"
    NOT_RECORDED = "not_recorded"
    UNREADABLE = "unreadable"
    IMPLAUSIBLE_FEED = "implausible_feed"


MEANING: dict[Reason, str] = {
    Reason.PRESENT: "the value is there",
    Reason.NO_BAR: "the symbol did not trade in that session, or its bar was not sent",
    Reason.SHORT_HISTORY: "fewer observations than the definition needs",
    Reason.NOT_PUBLISHED: "the source had not published it at the run's as_of",
    Reason.NOT_LISTED_IN_SOURCE: "the source's file of that date does not name the symbol",
    Reason.PROVIDER_UNAVAILABLE: "the provider could not be reached or its breaker was open; it heals on the next run",
    Reason.PROVIDER_REFUSED: "the provider refused for good (key, plan or request); `amc doctor` says what to do",
    Reason.PLAN_LACKS_SOURCE: "no source of the current plan delivers it; docs/plans.md says which plan does",
    Reason.NOT_FETCHED: "the partition was never materialised; run the asset for that date",
    Reason.STALE: "older than its staleness limit",
    Reason.BIASED_NOT_ASKED: "known only with a later date than as_of; usable with AMC_ALLOW_BIASED_FLOAT=true",
    Reason.ZERO_DENOMINATOR: "a ratio with nothing below the line",
    Reason.SENTINEL: "the source sent its code for not available (such as 999.99 days to cover)",
    Reason.INPUT_MISSING: "an input of the formula is missing",
    Reason.INVALID_VALUE: "the source sent a value outside its possible range; the row is counted as rejected",
    Reason.SOURCE_NOT_BUILT: "this version has no source for it on any plan; docs/brief.md says what is planned",
    Reason.NOT_SHORTLISTED: "a second-stage source that asks only for the best names; this one was not among them",
    Reason.QUOTA_SPENT: "the day's calls went to better ranked names; the next day begins anew",
    Reason.NO_CHAIN: "no options are listed on it, or the source sent an empty chain",
    Reason.WIDE_MARKET: "no option quote passed hygiene: no bid, crossed, or a spread too wide to mean anything",
    Reason.NO_ROOT: "the option's price lies outside what any volatility can give",
    Reason.NO_EXTRAPOLATION: "no expiry within 15 days of the 30 asked for; nothing is extrapolated further",
    Reason.NO_RATE: "no Treasury bill rate of the last sessions is known",
    Reason.COUNT_TOO_SMALL: "a count of shares too small for a listed company: a placeholder or another unit",
    Reason.BASIS_UNKNOWN: "a split lies near the date of the count, and nobody says on which side of it it stands",
    Reason.SHARED_COUNT: "the source states one count for several classes of the company, so it is of none of them",
    Reason.COUNT_AGAINST_PRICE: "count times price is no possible value of a company",
    Reason.FLOAT_ABOVE_OUTSTANDING: "more shares float than are outstanding: one of the two is wrong",
    Reason.FLOAT_AGAINST_VOLUME: "on an ordinary day more shares change hands than the float has",
    Reason.SHORT_AGAINST_VOLUME: "the short position is more than the trading of the limit's number of days",
    Reason.SHORT_ABOVE_COUNTS: "far more shares are short than the count says there are: the count is wrong",
    Reason.OTHER_SECURITY: "what is known under the symbol is of a security that held it before (docs/identity.md)",
    Reason.NOT_RECORDED: "the replayed folder of recorded days does not hold it; nothing says what it was",
    Reason.UNREADABLE: "the stored file was damaged and is set aside; its source is asked again (docs/failures.md)",
    Reason.IMPLAUSIBLE_FEED: "the answer does not fit the days before it, so it was not stored (docs/feed-checks.md)",
}

CODES: tuple[Reason, ...] = tuple(Reason)
"""Reasons by number: arrays hold the index into this tuple as uint8; 0 is PRESENT."""


def code(reason: Reason) -> int:
    """Return the uint8 number under which arrays hold ``reason``."""
    return CODES.index(reason)
