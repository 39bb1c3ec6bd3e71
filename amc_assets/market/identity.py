"""Whether two listings of one symbol are one security: identifiers first, then the listing date, then names.

A ticker is lent, not owned: exchanges give it to another company when its holder has left, and a company may take
another one. Rules and their order: docs/identity.md.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from amc_assets.market.company_name import names_agree
from amc_assets.market.security_types import SecurityType

_CLASS = re.compile(r"\b(?:class|cl|series) ([a-z])\b", re.IGNORECASE)
_STOCK = frozenset({SecurityType.COMMON_STOCK, SecurityType.ADR})


@dataclass(frozen=True)
class Listed:
    """What a listing of ``seen_date`` says of the security behind a symbol; None where its sources do not say."""

    symbol: str
    seen_date: date
    name: str | None = None
    security_type: str | None = None
    cik: str | None = None
    composite_figi: str | None = None
    listed_on_date: date | None = None

    @property
    def kind(self) -> str | None:
        """The security type; common stock and ADRs are one kind, as sources mix them up."""
        return "stock" if self.security_type in _STOCK else self.security_type

    @property
    def share_class(self) -> str:
        """The class letter of the symbol's suffix, else of the name, else nothing."""
        root, dot, suffix = self.symbol.rpartition(".")
        found = _CLASS.search(self.name or "")
        return suffix if dot and root else found.group(1).upper() if found else ""


class Verdict(StrEnum):
    """What a comparison of two listings came to."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Comparison:
    """The verdict, and in words what decided it."""

    verdict: Verdict
    evidence: str


def compare(before: Listed, now: Listed) -> Comparison:
    """Return whether ``now`` is the security that ``before`` was; ``before`` was seen earlier.

    Order: equal FIGI: same. Equal CIK: same, unless another kind of security with another FIGI or name. Different CIK
    or FIGI: other. A listing date after ``before`` was seen: other. Then names: a clear change is another company.
    """
    names = names_agree(before.name, now.name)
    figis, ciks = _equal(before.composite_figi, now.composite_figi), _equal(before.cik, now.cik)
    is_new_line = figis is False or names is False
    listed_since = now.listed_on_date is not None and now.listed_on_date > before.seen_date
    rules = (
        (figis is True, Verdict.SAME, f"same FIGI {now.composite_figi}"),
        (ciks is True and _may_be_one_kind(before, now), Verdict.SAME, f"same CIK {now.cik}"),
        (ciks is True and is_new_line, Verdict.OTHER, f"same CIK {now.cik}, another kind of security"),
        (ciks is True, Verdict.UNKNOWN, f"same CIK {now.cik}, another kind of security under a like name"),
        (ciks is False, Verdict.OTHER, f"CIK {before.cik} -> {now.cik}"),
        (figis is False, Verdict.OTHER, f"FIGI {before.composite_figi} -> {now.composite_figi}"),
        (listed_since, Verdict.OTHER, f"listed on {now.listed_on_date}, the symbol was in use on {before.seen_date}"),
        (names is None, Verdict.UNKNOWN, "a name is absent"),
        (names is True, Verdict.SAME, "names agree"),
    )
    otherwise = (True, Verdict.OTHER, "no identifier in common and another name")
    _, verdict, why = next((rule for rule in rules if rule[0]), otherwise)
    change = f"{before.name!r} ({before.security_type}) -> {now.name!r} ({now.security_type})"
    return Comparison(verdict, f"{why}: {change}")


def _may_be_one_kind(before: Listed, now: Listed) -> bool:
    """A FIGI may change in a corporate action of one security: of one filer only another kind is another one."""
    return before.kind == now.kind or before.kind is None or now.kind is None


def _equal(one: str | None, other: str | None) -> bool | None:
    return None if not one or not other else one == other
