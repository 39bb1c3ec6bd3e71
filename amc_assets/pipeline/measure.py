"""How good were the lists of a replay? Strategies and simple sorts on the same days, names, entry and publication lag.

Reads the lake only. Labels use what happened after each day; no score does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amc_assets.evaluation.atr import atr_panel
from amc_assets.evaluation.baselines import BaselineInputs, baseline_scores, eligible
from amc_assets.evaluation.ended import known_before_end
from amc_assets.evaluation.labels import LabelSet, forward_labels
from amc_assets.evaluation.moves import PriceArrays
from amc_assets.evaluation.study import DayScores, StudyResult, study
from amc_assets.evaluation.watch import WatchRow, watch
from amc_assets.features.identity import IdentityHistory
from amc_assets.features.instants import day_number
from amc_assets.features.panel import PricePanel
from amc_assets.features.snapshot import F64
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import SCORES, UNIVERSE
from amc_assets.market.calendar import end_of_day_as_of, session_offset, sessions_between
from amc_assets.market.publication import published_at
from amc_assets.pipeline.gather import newest_known
from amc_assets.pipeline.hindsight import Hindsight, hindsight
from amc_assets.pipeline.identities import Identities

LABELS = ("move_30_5", "squeeze_30_5", "move_5atr_5")
FORWARD_SESSIONS = 11
WARM_UP_SESSIONS = 60
SEED = 20210128


@dataclass(frozen=True)
class Measurement:
    """Precision of every list and the daily place of the watched names."""

    study: StudyResult
    watch: list[WatchRow]


def measure(
    lake: Lake,
    days: Sequence[date],
    parts: Mapping[str, Mapping[date, str]],
    now: datetime,
    watched: Sequence[str] = (),
) -> Measurement:
    """Compare the stored runs of ``days`` with the baselines.

    parts: variant of the run ("" or e.g. "without float") -> day -> name of the stored run. Lists are by ranking
    score; the field is the discovery universe of the day with close >= 1 USD, dollar volume >= 500k, 30 sessions
    and a known label, the same for every list. Everything is by security (docs/identity.md): a renamed one is one
    column, and two companies that had one symbol are two.
    """
    sessions = _sessions(days)
    identities = Identities(lake).at(now, until=sessions[-1])
    past = hindsight(lake, sessions, days[-1], now, identities)
    panel = past.panel
    prices = PriceArrays(panel.open_usd, panel.high_usd, panel.low_usd, panel.close_usd)
    atr = atr_panel(panel.high_usd, panel.low_usd, panel.close_usd)
    labels = known_before_end(
        forward_labels(
            prices, trade_dates=panel.sessions, symbols=panel.symbols, atr14_usd=atr, positions=past.positions
        )
    )
    field, sorts = _baselines(past, atr, labels)
    stored = {variant: _stored_scores(lake, by_day, panel, identities) for variant, by_day in parts.items()}
    scored = [_day(day, panel, field & _members(lake, day, panel, now, identities), sorts, stored) for day in days]
    return Measurement(
        study(scored, _only(labels), seed=SEED), watch([_as_ranked(lake, day, parts) for day in days], watched)
    )


def _securities(identities: IdentityHistory, symbols: Sequence[str], day: date) -> NDArray[np.str_]:
    names = np.array(symbols, dtype=np.str_)
    return identities.names(names, np.full(len(names), day_number(day)))


def _members(lake: Lake, day: date, panel: PricePanel, now: datetime, identities: IdentityHistory) -> NDArray[np.bool_]:
    """Return which symbols of the panel the discovery universe of ``day`` held: a sort may list nobody else."""
    universe = newest_known(lake, UNIVERSE, day, now)
    listed = universe.filter(universe.column("is_eligible")).column("symbol").to_pylist()
    members = set(_securities(identities, listed, day).tolist())
    return np.array([symbol in members for symbol in panel.symbols.tolist()])


def _sessions(days: Sequence[date]) -> list[date]:
    """Return the sessions of ``days`` with those that features look back on and outcomes look ahead to."""
    return sessions_between(session_offset(days[0], -WARM_UP_SESSIONS), session_offset(days[-1], FORWARD_SESSIONS))


def _aligned(panel: PricePanel, symbols: Sequence[str], values: F64) -> F64:
    place = {symbol: index for index, symbol in enumerate(panel.symbols.tolist())}
    row = np.full(len(panel.symbols), np.nan)
    for symbol, value in zip(symbols, values.tolist(), strict=True):
        index = place.get(symbol)
        if index is not None:
            row[index] = np.nan if value is None else value
    return row


def _baselines(past: Hindsight, atr: F64, labels: LabelSet) -> tuple[NDArray[np.bool_], dict[str, F64]]:
    """Return who takes part and the sorts, both (T, N) over the panel; reports count from their publication."""
    panel = past.panel
    visible = tuple(_visible_from(day) for day in past.positions.settlement_dates)
    inputs = BaselineInputs(
        high_usd=panel.high_usd,
        low_usd=panel.low_usd,
        close_usd=panel.close_usd,
        traded_close_usd=past.traded_close_usd,
        volume_shares=panel.volume_shares,
        atr14_usd=atr,
        published_short_shares=past.positions.published(panel.sessions, visible),
        float_shares=past.float_shares,
    )
    field = eligible(inputs, labels.labels[LABELS[0]].known)
    return field, baseline_scores(inputs, field)


def _visible_from(settlement: date) -> date:
    return next(
        day
        for day in sessions_between(settlement, session_offset_of(settlement))
        if published_at(settlement) <= end_of_day_as_of(day)
    )


def session_offset_of(settlement: date) -> date:
    """Return a session safely after the publication of ``settlement``."""
    return session_offset(settlement, 12)


def _stored_scores(
    lake: Lake, by_day: Mapping[date, str], panel: PricePanel, identities: IdentityHistory
) -> dict[date, dict[str, tuple[F64, np.ndarray[tuple[int], np.dtype[np.bool_]]]]]:
    found = {}
    for day, part in by_day.items():
        table = lake.read_part(SCORES, day.isoformat(), part)
        if table is None:
            continue
        per_strategy = {}
        names = table.column("strategy").cast("string")
        for strategy in pc.unique(names).to_pylist():
            rows = table.filter(pc.equal(names, strategy))
            symbols = _securities(identities, rows.column("symbol").to_pylist(), day).tolist()
            ranking = _aligned(panel, symbols, rows.column("ranking_score").to_numpy())
            passed = _aligned(panel, symbols, rows.column("passed").cast("float64").to_numpy()) == 1.0
            per_strategy[strategy] = (ranking, passed)
        found[day] = per_strategy
    return found


def _day(
    day: date,
    panel: PricePanel,
    field: np.ndarray,
    sorts: dict[str, F64],
    stored: dict[str, dict[date, dict[str, tuple[F64, np.ndarray]]]],
) -> DayScores:
    row = panel.sessions.index(day)
    scores = {f"sort:{name}": values[row] for name, values in sorts.items()}
    passed = {}
    for variant, by_day in stored.items():
        for strategy, (ranking, gate) in by_day.get(day, {}).items():
            name = _named(strategy, variant)
            scores[name], passed[name] = ranking, gate
    return DayScores(day, panel.symbols, scores, field[row], passed)


def _as_ranked(lake: Lake, day: date, parts: Mapping[str, Mapping[date, str]]) -> DayScores:
    """Return the stored lists over every name they scored: places are those of ``ranked``, nobody is left out."""
    lists: dict[str, pa.Table] = {}
    for variant, by_day in parts.items():
        table = lake.read_part(SCORES, day.isoformat(), by_day[day]) if day in by_day else None
        if table is not None:
            names = table.column("strategy").cast("string")
            for strategy in pc.unique(names).to_pylist():
                lists[_named(strategy, variant)] = table.filter(pc.equal(names, strategy))
    symbols = np.unique([symbol for table in lists.values() for symbol in table.column("symbol").to_pylist()])
    scores, passed = {}, {}
    for name, table in lists.items():
        row = np.searchsorted(symbols, np.array(table.column("symbol").to_pylist()))
        scores[name], passed[name] = np.full(len(symbols), np.nan), np.zeros(len(symbols), dtype=bool)
        scores[name][row] = table.column("ranking_score").to_numpy()
        passed[name][row] = table.column("passed").to_numpy()
    return DayScores(day, symbols, scores, np.ones(len(symbols), dtype=bool), passed)


def _named(strategy: str, variant: str) -> str:
    return f"{strategy} ({variant})" if variant else strategy


def _only(labels: LabelSet) -> LabelSet:
    return LabelSet(labels.trade_dates, labels.symbols, {name: labels.labels[name] for name in LABELS})
