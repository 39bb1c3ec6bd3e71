"""Short positions and off-exchange short volume of one quarter.

The short position is a slow process as a share of the float, pulled towards an event's target while one is under way;
reports are drawn at settlement dates. Arrays have shape (sessions, symbols) or (symbols,).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import FloatArray, ShortInterestReport, TextArray, text_array
from amc_assets.replay.simulation.events import Event
from amc_assets.replay.simulation.paths import Overlay, PricePaths, State
from amc_assets.replay.simulation.population import Population
from amc_assets.replay.simulation.timeline import Quarter
from amc_assets.replay.spelling import finra_interest

SHORT_MEMORY, SHORT_NOISE = 0.985, 0.028
_CLASS_OF_EXCHANGE = {"Q": ("R", "NNM"), "N": ("A", "NYSE"), "A": ("B", "AMEX"), "P": ("E", "ARCA"), "Z": ("H", "BZX")}


@dataclass(frozen=True)
class ShortVolumes:
    """Off-exchange volumes of a block; FINRA prints some with decimals since 2026, so these do too."""

    short_shares: FloatArray
    exempt_shares: FloatArray
    total_shares: FloatArray


@dataclass(frozen=True)
class ReportLabels:
    """The columns of a report that never change, shape (symbols,)."""

    symbols: TextArray
    issue_names: TextArray
    exchange_codes: TextArray
    market_classes: TextArray

    @classmethod
    def of(cls, population: Population) -> "ReportLabels":
        """Return the labels in the report's spelling; names are cut at 30 characters, as FINRA does."""
        names = population.names
        codes = [_CLASS_OF_EXCHANGE[exchange] for exchange in names.exchanges]
        return cls(
            text_array([finra_interest(symbol) for symbol in names.symbols]),
            text_array([name[:30] for name in names.names]),
            text_array([code for code, _ in codes]),
            text_array([market_class for _, market_class in codes]),
        )


def short_fracs(seed: int, quarter: Quarter, population: Population, state: State, events: list[Event]) -> FloatArray:
    """Return shares short / float for each session, and move ``state`` on."""
    rng = np.random.default_rng([seed, 5, quarter.number])
    shape = (len(quarter.sessions), population.size)
    noise = SHORT_NOISE * rng.standard_normal(shape)
    level, current = np.empty(shape), state.short_level
    for day in range(shape[0]):
        current = SHORT_MEMORY * current + noise[day]
        level[day] = current
    state.short_level = current
    fracs = (population.base_short_frac * np.exp(level)).clip(0.0005, 0.6)
    for event in events:
        start = max(event.first_index, quarter.first_index)
        stop = min(event.last_index + 1, quarter.first_index + shape[0])
        if event.short_target_frac and start < stop:
            rows = slice(start - quarter.first_index, stop - quarter.first_index)
            weight = event.short_weight[start - event.first_index : stop - event.first_index]
            own = fracs[rows, event.position]
            fracs[rows, event.position] = own + np.maximum(event.short_target_frac - own, 0.0) * weight
    return fracs


def short_volumes(
    seed: int, quarter: Quarter, population: Population, overlay: Overlay, paths: PricePaths
) -> ShortVolumes:
    """Return the off-exchange short, exempt and total volume of each session."""
    rng = np.random.default_rng([seed, 6, quarter.number])
    shape = paths.volume_shares.shape
    part = (population.off_exchange_frac + 0.04 * rng.standard_normal(shape)).clip(0.15, 0.75)
    ratio = (population.short_ratio + 0.07 * rng.standard_normal(shape) + overlay.short_ratio).clip(0.05, 0.95)
    total = np.floor(paths.volume_shares * part)
    short = np.floor(total * ratio)
    exempt = np.floor(short * 0.01 * rng.random(shape))
    crumbs = np.where(rng.random(shape) < 0.35, np.round(rng.random(shape), 6), 0.0)  # fractional-share trading
    return ShortVolumes(np.round(short + 0.5 * crumbs, 6), exempt, np.round(total + crumbs, 6))


def make_report(
    settlement_date: date,
    labels: ReportLabels,
    *,
    short_shares: FloatArray,
    previous: ShortInterestReport | None,
    average_volume: FloatArray,
    is_listed: npt.NDArray[np.bool_],
    is_split: npt.NDArray[np.bool_],
    revised_factor: FloatArray,
) -> ShortInterestReport:
    """Return the report of one settlement; ``revised_factor`` is 1 except where the earlier report was corrected.

    All arrays are (symbols,); the report keeps the listed ones. Days to cover as FINRA prints them: two places, floor
    1, 999.99 without volume; the change is 100 % where nothing was short before.
    """
    keep = np.flatnonzero(is_listed)
    earlier = np.zeros(len(short_shares))
    if previous is not None:
        position_of = {symbol: position for position, symbol in enumerate(labels.symbols.tolist())}
        rows = [position_of[symbol] for symbol in previous.symbols.tolist()]
        earlier[rows] = previous.short_interest_shares
    earlier = np.round(earlier * revised_factor)
    with np.errstate(divide="ignore", invalid="ignore"):
        cover: FloatArray = np.where(average_volume > 0, (short_shares / average_volume).clip(1.0, 999.99), 999.99)
        appeared = np.where(short_shares > 0, 100.0, 0.0)
        change: FloatArray = np.where(earlier > 0, 100 * (short_shares - earlier) / earlier, appeared)
    return ShortInterestReport(
        settlement_date=settlement_date,
        symbols=labels.symbols[keep],
        issue_names=labels.issue_names[keep],
        exchange_codes=labels.exchange_codes[keep],
        market_classes=labels.market_classes[keep],
        short_interest_shares=short_shares[keep],
        previous_short_interest_shares=earlier[keep],
        average_daily_volume_shares=average_volume[keep],
        days_to_cover=np.round(cover, 2).astype(np.float64)[keep],
        change_pct=np.round(change, 2)[keep],
        is_split_flagged=is_split[keep],
        is_revision_flagged=((revised_factor != 1.0) & (earlier > 0))[keep],
    )
