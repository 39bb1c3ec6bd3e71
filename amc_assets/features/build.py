"""The snapshot of one discovery run, from tables and a panel handed in: no lake, no clock, no provider.

Every reader here refuses what was known after ``as_of`` although the lake has filtered already; what was refused is
counted in the notes of ``Snapshot.inputs``. Storage of a snapshot is ``table.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.ages import (
    Absence,
    Staleness,
    dropped_note,
    how_old,
    input_age,
    refused_line,
    sessions_missed,
    stale_line,
)
from amc_assets.features.borrow.calibration import StressCalibration, load_stress_calibration
from amc_assets.features.borrow.part import BorrowTables
from amc_assets.features.errors import FeatureInputError
from amc_assets.features.evidence import EvidenceTables, evidence_part
from amc_assets.features.feature_columns import make_feature
from amc_assets.features.feed_limits import LIMITS
from amc_assets.features.identity_reasons import of_others
from amc_assets.features.instants import as_instants, micros
from amc_assets.features.options.part import OptionTables
from amc_assets.features.panel import PricePanel
from amc_assets.features.plausibility_limits import PlausibilityLimits, load_plausibility_limits
from amc_assets.features.plausibility_part import Beside, count_ages, plausible, usual_volume
from amc_assets.features.price_part import PricePart, missing_prices, price_part
from amc_assets.features.registry import UNBUILT_SPECS
from amc_assets.features.run_frame import Part, RunFrame, missing_as_stale
from amc_assets.features.share_part import ShareFeatures, read_shares, share_part
from amc_assets.features.short_inputs import known_us, newest_known_at
from amc_assets.features.short_part import interest_part, read_interest, volume_part
from amc_assets.features.shorts import Computed
from amc_assets.features.snapshot import Feature, InputAge, Snapshot, missing_feature
from amc_assets.features.sources import sources_in, with_sources
from amc_assets.features.spec import BARS, UNIVERSE
from amc_assets.features.splits import SplitHistory
from amc_assets.features.table import SnapshotHead, from_table, head_of, to_table
from amc_assets.lake.tables import (
    FAILS_TO_DELIVER,
    IV_30D,
    IV_PERCENTILES,
    NEWS,
    OPTION_ACTIVITY,
    SHORT_INTEREST,
    THRESHOLD_LIST,
    TRADE_HALTS,
)
from amc_assets.reasons import Reason

__all__ = [
    "SnapshotHead",
    "SnapshotInputs",
    "Staleness",
    "build_snapshot",
    "from_table",
    "head_of",
    "to_table",
]

COMMON_OR_ADR = ("common_stock", "adr")
UNIVERSE_CONFIDENCE = 0.98


@dataclass(frozen=True)
class SnapshotInputs:
    """Everything a snapshot is made of; tables are those of lake.tables, read as of ``as_of``.

    refused: dataset name -> why its newest answer was not stored; what was known before stays in force.
    absence: dataset name -> (reason, note) for what gave nothing (universe, daily_bars, short_volume, short_interest,
    share_counts, splits, options, news; float, outstanding: why rows of share counts lack it).
    short_volume: session -> table, 61 sessions up to trade_date are used.
    share_counts may hold biased rows (of a later date); they count only with ``allow_biased_float``.
    mean_cumulative_volume_shares: each symbol's own mean volume by this minute, for runs inside a session.
    short_interest_history: the last six reports; option_activity: 60 sessions; iv_30d, iv_percentiles and trade_halts:
    D and 5 sessions before; news: 100 days of items; fails: three half months; threshold: the newest list.
    other_security: dataset -> symbols whose newest rows there are of a security that held the symbol before.
    """

    trade_date: date
    session: str
    as_of: datetime
    is_simulated: bool
    universe: pa.Table
    panel: PricePanel | None
    absence: Mapping[str, tuple[Reason, str]]
    short_interest: pa.Table
    short_volume: Mapping[date, pa.Table]
    share_counts: pa.Table
    splits: pa.Table
    allow_biased_float: bool
    staleness: Staleness
    next_report_due_at: datetime
    bars_source: str = BARS
    mean_cumulative_volume_shares: Mapping[str, float] = field(default_factory=dict)
    short_interest_history: pa.Table = field(default_factory=SHORT_INTEREST.arrow.empty_table)
    option_activity: pa.Table = field(default_factory=OPTION_ACTIVITY.arrow.empty_table)
    iv_30d: pa.Table = field(default_factory=IV_30D.arrow.empty_table)
    iv_percentiles: pa.Table = field(default_factory=IV_PERCENTILES.arrow.empty_table)
    news: pa.Table = field(default_factory=NEWS.arrow.empty_table)
    trade_halts: pa.Table = field(default_factory=TRADE_HALTS.arrow.empty_table)
    fails: pa.Table = field(default_factory=FAILS_TO_DELIVER.arrow.empty_table)
    threshold: pa.Table = field(default_factory=THRESHOLD_LIST.arrow.empty_table)
    stress: StressCalibration = field(default_factory=load_stress_calibration)
    plausibility: PlausibilityLimits = field(default_factory=load_plausibility_limits)
    other_security: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def why_absent(self, dataset: str, otherwise: Reason = Reason.NOT_FETCHED) -> Absence:
        """Return why a dataset gave nothing."""
        reason, note = self.absence.get(dataset, (otherwise, ""))
        return Absence(reason, note)


def build_snapshot(inputs: SnapshotInputs) -> Snapshot:
    """Return the frozen features of every eligible symbol of the universe known at ``as_of``, symbols ascending.

    Raises FeatureInputError for a panel of another day or an ``as_of`` without a zone, LookAheadError for a panel read
    with a later ``as_of``.
    """
    universe, universe_line = _universe(inputs)
    symbols = np.array(universe["symbol"].to_pylist(), dtype=np.str_)
    splits = SplitHistory.from_table(inputs.splits)
    frame = RunFrame(symbols, inputs.trade_date, inputs.as_of, splits, inputs.staleness, inputs.next_report_due_at)
    prices = _prices(inputs, frame)
    shares, (interest, interest_line) = _positions(inputs, frame, prices, universe)
    volume, volume_line = volume_part(frame, inputs.short_volume, inputs.why_absent("short_volume"))
    listed = _type_flag(universe)
    if universe_line.reason is Reason.STALE:
        listed = missing_as_stale({listed.name: listed})[listed.name]
    share_columns, interest = of_others(frame.symbols, inputs.other_security, dict(shares.features), interest)
    features = {**prices.features, **share_columns, **interest, **volume, listed.name: listed}
    evidence, evidence_lines = evidence_part(
        frame, _evidence_tables(inputs), inputs.panel, features, inputs.stress, inputs.why_absent
    )
    features.update({**evidence, **_without_source(len(symbols))})
    lines = (universe_line, prices.age, volume_line, interest_line, shares.line, _split_line(inputs), *evidence_lines)
    return Snapshot(
        trade_date=inputs.trade_date,
        session=inputs.session,
        as_of=inputs.as_of,
        is_simulated=inputs.is_simulated,
        symbols=symbols,
        features=with_sources(features, lines),
        inputs=tuple(refused_line(line, inputs.refused.get(line.name, "")) for line in lines),
        universe_count=len(symbols),
    )


def _positions(
    inputs: SnapshotInputs, frame: RunFrame, prices: PricePart, universe: pa.Table
) -> tuple[ShareFeatures, Part]:
    """Counts and short interest, read, held against each other and against price and volume, and made features."""
    read = read_shares(
        frame,
        inputs.share_counts,
        inputs.why_absent("share_counts"),
        no_float=inputs.why_absent("float", Reason.NOT_PUBLISHED).reason,
        no_outstanding=inputs.why_absent("outstanding", Reason.NOT_PUBLISHED).reason,
        allow_biased=inputs.allow_biased_float,
    )
    reported = read_interest(frame, inputs.short_interest, inputs.why_absent("short_interest"))
    beside = Beside(
        prices,
        usual_volume(inputs.panel, frame.symbols),
        pa.concat_tables([inputs.short_interest_history, inputs.short_interest]),
        universe["name"].to_pylist(),
    )
    limits = inputs.plausibility
    found = plausible(frame, read.rows, reported.rows, beside, limits)
    ages = count_ages(frame, read.rows, limits.counts.undated_days)
    over = {name: age / limits.counts.fresh_days for name, age in ages.items()}
    shares = share_part(frame, read, found.shares, found.is_doubtful, over, found.share_note)
    return shares, interest_part(frame, reported, found.interest, shares, prices, found.interest_note)


def _universe(inputs: SnapshotInputs) -> tuple[pa.Table, InputAge]:
    """The newest known row per symbol, eligible ones only, ascending by symbol."""
    table = inputs.universe
    in_time = known_us(table) <= micros(inputs.as_of)
    known = table.filter(pa.array(in_time)).sort_by([("symbol", "ascending"), ("known_at", "ascending")])
    names = np.array(known["symbol"].to_pylist(), dtype=np.str_)
    newest = np.append(names[1:] != names[:-1], True)[: len(names)]
    members = known.filter(pc.and_(pa.array(newest), known["is_eligible"].combine_chunks()))
    source = sources_in(members, UNIVERSE)
    note = dropped_note(int(np.count_nonzero(~in_time)))
    known_at = newest_known_at(table, inputs.as_of)
    listed_on = pc.max(known["trade_date"]).as_py()
    line = input_age(
        "universe", source, known_at, inputs.as_of, absence=inputs.why_absent("universe"), note=note,
        observed_on=listed_on,
    )  # fmt: skip
    return members, _aged(line, known, inputs)


def _aged(line: InputAge, listing: pa.Table, inputs: SnapshotInputs) -> InputAge:
    """The line with the listing's age: its names stay, since a run without names says nothing, but it counts as stale.

    A listing of a session is out before that session opens.
    """
    newest = pc.max(listing["trade_date"]).as_py()
    missed = 0 if newest is None else sessions_missed(newest, inputs.trade_date)
    if not missed:
        return line
    old = f"newest listing of {newest}, {how_old(missed)}"
    line = replace(line, note="; ".join(text for text in (old, line.note) if text))
    return stale_line(line) if LIMITS["universe"].age(1.0 + missed, inputs.staleness).is_stale else line


def _prices(inputs: SnapshotInputs, frame: RunFrame) -> PricePart:
    absence = inputs.why_absent("daily_bars")
    panel = inputs.panel
    if panel is None:
        return missing_prices(frame.symbols, absence, inputs.as_of, inputs.bars_source)
    if panel.day != inputs.trade_date:
        raise FeatureInputError(f"the panel ends on {panel.day}, the run is of {inputs.trade_date}: pass its panel")
    return price_part(
        panel,
        frame.symbols,
        inputs.as_of,
        absence=absence,
        source=inputs.bars_source,
        curve=inputs.mean_cumulative_volume_shares,
        knows_splits="splits" not in inputs.absence,
    )


def _type_flag(universe: pa.Table) -> Feature:
    is_stock = pc.is_in(universe["security_type"], value_set=pa.array(COMMON_OR_ADR)).to_numpy()
    values = np.asarray(is_stock, np.float64)
    known_at = as_instants(known_us(universe))
    part = Computed(values, np.zeros(len(values), np.uint8))
    return make_feature("is_common_or_adr", part, known_at, confidence=UNIVERSE_CONFIDENCE)


def _evidence_tables(inputs: SnapshotInputs) -> EvidenceTables:
    return EvidenceTables(
        options=OptionTables(inputs.option_activity, inputs.iv_30d, inputs.iv_percentiles),
        borrow=BorrowTables(inputs.short_interest_history, inputs.fails, inputs.threshold),
        news=inputs.news,
        trade_halts=inputs.trade_halts,
    )


def _without_source(count: int) -> dict[str, Feature]:
    return {
        spec.name: missing_feature(spec.name, spec.unit, spec.sources[0], count, Reason.SOURCE_NOT_BUILT)
        for spec in UNBUILT_SPECS
    }


def _split_line(inputs: SnapshotInputs) -> InputAge:
    known_at = newest_known_at(inputs.splits, inputs.as_of)
    late = int(np.count_nonzero(known_us(inputs.splits) > micros(inputs.as_of)))
    source = sources_in(inputs.splits, "splits")
    none_known = inputs.why_absent("splits", Reason.PRESENT)
    if none_known.reason is Reason.PRESENT:
        none_known = Absence(Reason.PRESENT, "no split known")
    line = input_age("splits", source, known_at, inputs.as_of, absence=none_known, note=dropped_note(late))
    if none_known.reason is not Reason.STALE or known_at is None:
        return line
    return stale_line(replace(line, note="; ".join(text for text in (none_known.note, line.note) if text)))
