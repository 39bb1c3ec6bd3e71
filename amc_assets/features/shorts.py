"""Short interest, short volume and float of every symbol: arithmetic on aligned arrays, no tables and no clock.

Short interest (positions, twice a month) and short volume (off-exchange flow, daily) are different things and never
share a name. How the rows are found as of an instant is ``short_inputs.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.arithmetic import observed_median, ratio
from amc_assets.features.registry import SPECS
from amc_assets.features.snapshot import BOOL, F64, INSTANTS, U8
from amc_assets.reasons import Reason, code

Z_SESSIONS = 60
MAD_TO_SIGMA = 1.4826
"""Median absolute deviation of a normal sample times this is its standard deviation (1 / 0.6745)."""
_NO_SPREAD = 1e-12  # ratios of whole shares that differ at all differ by more


@dataclass(frozen=True)
class ShortInterestRows:
    """Newest published report per symbol, arrays (N,), NaN or NaT where the symbol is not listed.

    factor: what shares short are multiplied by to be on the share basis of D; the other columns are as sent.
    is_split_flagged: by the report itself, or a known split was executed since the report before.
    not_listed: the reason of the others, that of the dataset when it gave nothing at all. refused: reasons U8 (N,) by
    feature of what contradicts other numbers of the name, 0 where nothing does (``plausibility.py``).
    """

    listed: BOOL
    shares: F64
    previous_shares: F64
    average_volume_shares: F64
    days_to_cover_reported: F64
    is_split_flagged: BOOL
    settlement_days: NDArray[np.int32]
    factor: F64
    known_at: INSTANTS
    not_listed: Reason = Reason.NOT_LISTED_IN_SOURCE
    refused: Mapping[str, U8] = field(default_factory=dict)


@dataclass(frozen=True)
class CountDates:
    """Dates of the counts of a statement as its source states them, days since 1970 int32 (N,), -1 where it says none.

    asked_days: when the statement was asked for, which is all that is known of a count without a date.
    """

    float_days: NDArray[np.int32]
    outstanding_days: NDArray[np.int32]
    asked_days: NDArray[np.int32]

    @property
    def is_undated(self) -> BOOL:
        """Where neither count has a date."""
        return np.asarray((self.float_days < 0) & (self.outstanding_days < 0))


@dataclass(frozen=True)
class ShareRows:
    """Newest usable statement of float and shares outstanding per symbol, arrays (N,), on the share basis of D.

    no_float, no_outstanding: why a listed name has no such count.
    is_biased: used although of a later date than the run; is_withheld: only a biased one exists and was not asked for.
    refused: reasons U8 (N,) by feature of what is too old or contradicts other numbers, 0 where nothing does.
    """

    listed: BOOL
    float_shares: F64
    outstanding_shares: F64
    is_biased: BOOL
    is_withheld: BOOL
    source_confidence: F64
    known_at: INSTANTS
    not_listed: Reason = Reason.NOT_LISTED_IN_SOURCE
    no_float: Reason = Reason.NOT_PUBLISHED
    no_outstanding: Reason = Reason.NOT_PUBLISHED
    dates: CountDates | None = None
    refused: Mapping[str, U8] = field(default_factory=dict)


@dataclass(frozen=True)
class ShortVolumeRows:
    """Off-exchange volumes (S, N), oldest first, the last row is the newest published file; NaN = not listed."""

    short_shares: F64
    total_shares: F64
    newest_known_at: INSTANTS


@dataclass(frozen=True)
class Computed:
    """Values F64 (N,), NaN exactly where missing, and reasons U8 (N,)."""

    values: F64
    reasons: U8


def short_features(
    interest: ShortInterestRows, volume: ShortVolumeRows, shares: ShareRows, mean_volume_30: Computed
) -> dict[str, Computed]:
    """Return the features of registry.SHORT_SPECS by name; a missing input passes its reason on."""
    return {
        **share_features(shares),
        **interest_features(interest, shares, mean_volume_30),
        **volume_features(volume),
    }


def share_features(shares: ShareRows) -> dict[str, Computed]:
    """Return float_shares, outstanding_shares and float_outstanding_frac."""
    absent = [(shares.is_withheld, Reason.BIASED_NOT_ASKED), (~shares.listed, shares.not_listed)]
    float_shares = computed(shares.float_shares, [*absent, (shares.listed, shares.no_float)])
    outstanding = computed(shares.outstanding_shares, [*absent, (shares.listed, shares.no_outstanding)])
    float_shares = _refusing(float_shares, shares.refused.get("float_shares"))
    outstanding = _refusing(outstanding, shares.refused.get("outstanding_shares"))
    return {
        "float_shares": float_shares,
        "outstanding_shares": outstanding,
        "float_outstanding_frac": quotient(float_shares, outstanding),
    }


def interest_features(interest: ShortInterestRows, shares: ShareRows, mean_volume_30: Computed) -> dict[str, Computed]:
    """Return short interest, its share of the float, days to cover (ours and reported) and change over one cycle."""
    absent = (~interest.listed, interest.not_listed)
    on_basis = computed(interest.shares * interest.factor, [absent, (interest.listed, Reason.INVALID_VALUE)])
    on_basis = _refusing(on_basis, interest.refused.get("short_interest_shares"))
    floats = share_features(shares)["float_shares"]
    reported = np.where(_is_floor(interest), np.nan, interest.days_to_cover_reported)
    previous = np.where(interest.is_split_flagged, np.nan, interest.previous_shares)
    change = ratio(interest.shares, previous) - 1.0
    return {
        "short_interest_shares": on_basis,
        "short_interest_float_frac": quotient(on_basis, floats),
        "days_to_cover": quotient(on_basis, mean_volume_30),
        "days_to_cover_reported": computed(reported, [absent, (interest.listed, Reason.SENTINEL)]),
        "short_interest_change_frac": computed(
            change, [absent, (~np.isfinite(previous), Reason.INPUT_MISSING), (previous == 0, Reason.ZERO_DENOMINATOR)]
        ),
    }


def _refusing(part: Computed, refused: U8 | None) -> Computed:
    """Return the part without the values that were refused; what is missing anyway keeps its reason."""
    if refused is None:
        return part
    gone = (refused > 0) & (part.reasons == 0)
    return Computed(np.where(gone, np.nan, part.values), np.where(gone, refused, part.reasons).astype(np.uint8))


def _is_floor(interest: ShortInterestRows) -> BOOL:
    """FINRA prints 1 for everything below a day: it is a reading only where the shares say so themselves."""
    own = ratio(interest.shares, interest.average_volume_shares)
    return np.asarray((interest.days_to_cover_reported == 1.0) & ~(own >= 0.995))


def volume_features(volume: ShortVolumeRows) -> dict[str, Computed]:
    """Return the newest file's short share of off-exchange volume and its robust z against the symbol's own past."""
    ratios = short_volume_ratios(volume.short_shares, volume.total_shares)
    total = volume.total_shares[-1]
    current = computed(
        ratios[-1],
        [
            (~np.isfinite(total), Reason.NOT_LISTED_IN_SOURCE),
            (total == 0, Reason.ZERO_DENOMINATOR),
            (np.isfinite(total), Reason.INVALID_VALUE),
        ],
    )
    z, enough = robust_z(ratios)
    reasons = np.where(enough, code(Reason.ZERO_DENOMINATOR), code(Reason.SHORT_HISTORY))
    reasons = np.where(np.isfinite(ratios[-1]), reasons, current.reasons)
    return {
        "short_volume_ratio": current,
        "short_volume_ratio_z": Computed(z, np.where(np.isfinite(z), 0, reasons).astype(np.uint8)),
    }


def short_volume_ratios(short_shares: F64, total_shares: F64) -> F64:
    """Return short / total, F64 (S, N); NaN where nothing was reported or more was short than traded."""
    ratios = ratio(short_shares, total_shares)
    return np.where((ratios >= 0) & (ratios <= 1), ratios, np.nan)


def robust_z(values: F64) -> tuple[F64, BOOL]:
    """Return (last - median) / (1.4826 MAD) of the up to 60 rows before the last, and where 20 of them were observed.

    values: F64 (S, N). NaN where the last is missing, too few were observed, or they do not differ (MAD 0).
    """
    past, least = values[-1 - Z_SESSIONS : -1], SPECS["short_volume_ratio_z"].minimum_observations
    median, enough = observed_median(past, least)
    spread = MAD_TO_SIGMA * observed_median(np.abs(past - median), least)[0]
    spread = np.where(spread > _NO_SPREAD, spread, np.nan)
    return (values[-1] - median) / spread, enough


def computed(values: F64, missing: Sequence[tuple[BOOL, Reason]]) -> Computed:
    """Return values with the first reason that applies where there is none (INVALID_VALUE when no reason does)."""
    present = np.isfinite(values)
    reasons = np.select([m for m, _ in missing], [code(r) for _, r in missing], code(Reason.INVALID_VALUE))
    return Computed(np.where(present, values, np.nan), np.where(present, 0, reasons).astype(np.uint8))


def quotient(above: Computed, below: Computed) -> Computed:
    """Return above / below; a missing input passes its own reason on, the upper one first."""
    values = ratio(above.values, below.values)
    reasons = np.where(above.reasons > 0, above.reasons, below.reasons)
    reasons = np.where(reasons > 0, reasons, code(Reason.ZERO_DENOMINATOR))
    return Computed(values, np.where(np.isfinite(values), 0, reasons).astype(np.uint8))


def all_missing(names: Mapping[str, object] | Sequence[str], count: int, reason: Reason) -> dict[str, Computed]:
    """Return the features as missing for every symbol for one reason."""
    reasons = np.full(count, code(reason), np.uint8)
    return {name: Computed(np.full(count, np.nan), reasons) for name in names}
