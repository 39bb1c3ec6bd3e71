"""Options, news and borrowing of a snapshot: the parts that read events and second-stage sources, in their order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from amc_assets.features.ages import Absence
from amc_assets.features.borrow.calibration import StressCalibration
from amc_assets.features.borrow.part import BorrowTables, borrow_part
from amc_assets.features.news.part import news_part
from amc_assets.features.options.part import OptionTables, options_part
from amc_assets.features.panel import PricePanel
from amc_assets.features.short_part import RunFrame
from amc_assets.features.snapshot import Feature, InputAge

Evidence = tuple[dict[str, Feature], tuple[InputAge, ...]]


@dataclass(frozen=True)
class EvidenceTables:
    """Tables of the lake as of the run; an empty one says nothing by itself, its absence says why."""

    options: OptionTables
    borrow: BorrowTables
    news: pa.Table
    trade_halts: pa.Table


def evidence_part(
    frame: RunFrame,
    tables: EvidenceTables,
    panel: PricePanel | None,
    known: Mapping[str, Feature],
    calibration: StressCalibration,
    why_absent: Callable[[str], Absence],
) -> Evidence:
    """Return the features of options, borrowing, news and halts, and a line for each of their datasets.

    ``known`` holds the features of prices, shares and short positions; borrowing also reads the options' implied cost.
    """
    options, options_line = options_part(
        frame, tables.options, known["mean_volume_30_shares"], known["float_shares"], why_absent("options")
    )
    borrow, borrow_lines = borrow_part(frame, tables.borrow, panel, {**known, **options}, calibration, why_absent)
    news, news_lines = news_part(frame, tables.news, tables.trade_halts, why_absent("news"), why_absent("trade_halts"))
    return {**options, **borrow, **news}, (options_line, *news_lines, *borrow_lines)
