"""Where the values of a run really come from: the ``source`` column of the rows read, not the plan's usual source."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.snapshot import Feature, InputAge
from amc_assets.features.spec import (
    BARS,
    FAILS,
    FILINGS,
    HALTS,
    NEWS,
    OPTIONS,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    THRESHOLD_LIST,
    UNIVERSE,
)
from amc_assets.reasons import Reason

JOINED = " + "
_DATASET_OF = {
    BARS: "daily_bars", SHORT_INTEREST: "short_interest", SHORT_VOLUME: "short_volume", SHARE_COUNTS: "share_counts",
    OPTIONS: "options", UNIVERSE: "universe", FAILS: "fails_to_deliver", THRESHOLD_LIST: "threshold_list", NEWS: "news",
    HALTS: "trade_halts", FILINGS: "news",
}  # fmt: skip


def sources_in(table: pa.Table, otherwise: str, joined: str = "+") -> str:
    """Return the sources of the rows of a lake table, ascending, or ``otherwise`` where it has none.

    joined: ``+`` where the rows belong together, `` or `` where each row has one source of several.
    """
    if not table.num_rows:
        return otherwise
    found = {part for text in pc.unique(table["source"]).to_pylist() for part in str(text).split("+")}
    return joined.join(sorted(found))


def with_sources(features: Mapping[str, Feature], lines: Sequence[InputAge]) -> dict[str, Feature]:
    """Return the features with the sources that gave something in this run, each as its rows name it.

    A dataset that gave nothing is no source of a value that was made without it.
    """
    of = {line.name: line for line in lines}
    return {name: replace(feature, source=_named(feature.source, of)) for name, feature in features.items()}


def _named(source: str, of: Mapping[str, InputAge]) -> str:
    found: list[str] = []
    for part in source.split(JOINED):
        line = of.get(_DATASET_OF.get(part, ""))
        if line is None or part == FILINGS:
            found.append(part)
        elif line.known_at is not None or line.reason is Reason.PRESENT:
            found.append(line.source)
    return JOINED.join(dict.fromkeys(found)) or source
