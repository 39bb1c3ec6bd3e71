"""The reason of values that are missing because what is known under the symbol is another security's."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.snapshot import BOOL, Feature
from amc_assets.lake.tables import SHARE_COUNTS, SHORT_INTEREST
from amc_assets.reasons import Reason, code

Columns = dict[str, Feature]
_REPLACED = tuple(code(reason) for reason in (Reason.NOT_LISTED_IN_SOURCE, Reason.NOT_PUBLISHED))


def of_others(
    symbols: NDArray[np.str_], others: Mapping[str, frozenset[str]], shares: Columns, interest: Columns
) -> tuple[Columns, Columns]:
    """Return both groups of features with OTHER_SECURITY where the source's rows were a former holder's.

    others: dataset -> symbols. Only values without a statement of their own change their reason; a ratio has the
    reason of the input it lacks.
    """
    of_shares, of_interest = (_mask(symbols, others, name) for name in (SHARE_COUNTS.name, SHORT_INTEREST.name))
    if not (of_shares.any() or of_interest.any()):
        return shares, interest
    lacks_float = of_shares & ~shares["float_shares"].present
    either = {"short_interest_float_frac": of_interest | lacks_float}
    return (
        {name: _of_other(feature, of_shares) for name, feature in shares.items()},
        {name: _of_other(feature, either.get(name, of_interest)) for name, feature in interest.items()},
    )


def _mask(symbols: NDArray[np.str_], others: Mapping[str, frozenset[str]], dataset: str) -> BOOL:
    return np.isin(symbols, sorted(others.get(dataset, frozenset())) or [""])


def _of_other(feature: Feature, mask: BOOL) -> Feature:
    replaced = mask & np.isin(feature.reasons, _REPLACED)
    return replace(feature, reasons=np.where(replaced, code(Reason.OTHER_SECURITY), feature.reasons).astype(np.uint8))
