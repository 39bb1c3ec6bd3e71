"""Truncating the future does not change the past, over the whole graph; and every planted look ahead is caught."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amc_assets.features.build import build_snapshot
from amc_assets.features.panel import PricePanel
from amc_assets.lake.arrow_types import INSTANT
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS, SHORT_INTEREST, SHORT_VOLUME, SPLITS, UNIVERSE
from amc_assets.market.calendar import end_of_day_as_of, session_offset
from amc_assets.market.publication import settlement_dates
from amc_assets.pipeline import gather, lookahead
from amc_assets.pipeline.gather import gather_from
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets_tests.lake.rows import stored
from amc_assets_tests.pipeline.conftest import Replayed

STRATEGY = "unified_detectors"
FAR = datetime(2030, 1, 1, tzinfo=UTC)
NUMBERS = {
    DAILY_BARS: ["open_usd", "high_usd", "low_usd", "close_usd", "volume_shares"],
    SHORT_VOLUME: ["short_volume_shares"],
    SHORT_INTEREST: ["short_interest_shares"],
    SHARE_COUNTS: ["float_shares"],
}


def fingerprint(replayed: Replayed, lake: Lake, moment: Moment) -> tuple[str, int, list[tuple[Any, ...]]]:
    """Return the content hash of the frozen snapshot, its universe and what it says of its inputs."""
    history = History(lake, moment.trade_date, moment.trade_date)
    snapshot = build_snapshot(gather_from(replayed.settings, lake, moment, history, is_simulated=True))
    assert snapshot.universe_count > 50
    inputs = [(age.name, age.known_at, age.reason) for age in snapshot.inputs]
    return snapshot.content_hash, snapshot.universe_count, inputs


def scaled(table: pa.Table, columns: list[str], factor: float) -> pa.Table:
    for name in columns:
        table = table.set_column(table.column_names.index(name), name, pc.multiply(table.column(name), factor))
    return table


def stamped(table: pa.Table, known_at: datetime) -> pa.Table:
    values = pa.repeat(pa.scalar(known_at, INSTANT), table.num_rows)
    return table.set_column(table.column_names.index("known_at"), "known_at", values)


def key_near(schema: TableSchema, day: date) -> str:
    if schema is SHORT_INTEREST:
        return settlement_dates(day - timedelta(days=40), day)[-1].isoformat()
    return day.isoformat()


futures = st.lists(
    st.tuples(st.sampled_from(list(NUMBERS)), st.integers(-3, 4), st.sampled_from([0.2, 3.0]), st.integers(1, 400)),
    min_size=1,
    max_size=4,
)


@given(st.integers(1, 3), st.sampled_from([0, 4, 9]), futures)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_later_fetch_changes_an_earlier_run(
    replayed: Replayed, which: int, hours_before: int, future: list[tuple[TableSchema, int, float, int]]
):
    """Revisions, late files and whole days after ``as_of``, in any table, leave the frozen snapshot bit for bit."""
    day = replayed.days[which]
    moment = Moment(day, "regular", end_of_day_as_of(day) - timedelta(hours=hours_before))
    before = fingerprint(replayed, replayed.lake, moment)
    with tempfile.TemporaryDirectory(dir=replayed.settings.home) as folder:
        lake = replayed.copy(Path(folder) / "lake")
        for schema, offset, factor, later_hours in future:
            key = key_near(schema, session_offset(day, offset))
            rows = lake.read(schema, key, FAR)
            if not rows.num_rows:
                continue
            observed_at = moment.as_of + timedelta(hours=later_hours)
            written = lake.write(schema, key, scaled(rows, NUMBERS[schema], factor), observed_at)
            assert written.rows_new, "nothing was changed, so nothing would be proven"
        assert fingerprint(replayed, lake, moment) == before


def test_the_morning_is_not_changed_by_the_evening(replayed: Replayed, tmp_path: Path):
    """Before the open nothing of the day is public: yesterday's listing is used, whether the day's exists or not."""
    day = replayed.days[2]
    early = Moment(day, "premarket", datetime(day.year, day.month, day.day, 12, 0, tzinfo=UTC))
    lake = replayed.copy(tmp_path / "lake")
    for schema in (UNIVERSE, SHARE_COUNTS, DAILY_BARS, SHORT_VOLUME):
        for file in (lake.root / schema.name / day.isoformat()).iterdir():
            file.unlink()
    assert fingerprint(replayed, lake, early) == fingerprint(replayed, replayed.lake, early)


def test_a_split_to_come_changes_nothing_today(replayed: Replayed, tmp_path: Path):
    day = replayed.days[2]
    moment = replayed.moment(day)
    before = fingerprint(replayed, replayed.lake, moment)
    lake = replayed.copy(tmp_path / "lake")
    symbol = replayed.lake.vintages(DAILY_BARS, day.isoformat())["symbol"][0].as_py()
    row = {
        "execution_date": [session_offset(day, 1)], "symbol": [symbol], "ratio": [4.0], "source": ["polygon.splits"],
        "known_at": [moment.as_of - timedelta(hours=1)], "is_simulated": [True],
    }  # fmt: skip
    table = stored(row, SPLITS)
    lake.write(SPLITS, day.replace(day=1).isoformat(), table, moment.as_of - timedelta(hours=1))
    assert fingerprint(replayed, lake, moment)[0] == before[0]


def test_the_guard_finds_nothing_in_an_honest_lake(replayed: Replayed):
    found = lookahead.examine(replayed.settings, replayed.lake, replayed.days[2], STRATEGY)
    assert found.differences == []
    assert found.names_compared > 50
    assert found.rows_cut_off > 200


Cheat = Callable[[Replayed, Lake, date, pytest.MonkeyPatch], None]


def tomorrows_close(_replayed: Replayed, _lake: Lake, _day: date, patch: pytest.MonkeyPatch) -> None:
    """Prices: the panel's last close is the next session's."""
    honest = History.panel

    def panel(self: History, day: date, as_of: datetime) -> PricePanel:
        found = honest(self, day, as_of)
        later = self._lake.vintages(DAILY_BARS, session_offset(day, 1).isoformat())
        closes = dict(zip(later["symbol"].to_pylist(), later["close_usd"].to_pylist(), strict=True))
        close = found.close_usd.copy()
        close[-1] = [closes.get(s, c) for s, c in zip(found.symbols.tolist(), close[-1].tolist(), strict=True)]
        return replace(found, close_usd=np.asarray(close))

    patch.setattr(History, "panel", panel)


def report_before_publication(_replayed: Replayed, lake: Lake, day: date, _patch: pytest.MonkeyPatch) -> None:
    """Shorts: the report of a settlement is stamped as known on the settlement date."""
    old, new = settlement_dates(day - timedelta(days=40), day)[-2:]
    rows = lake.vintages(SHORT_INTEREST, old.isoformat())
    at = end_of_day_as_of(new)
    rows = rows.set_column(0, "settlement_date", pa.repeat(pa.scalar(new, pa.date32()), rows.num_rows))
    lake.write(SHORT_INTEREST, new.isoformat(), stamped(scaled(rows, ["short_interest_shares"], 3.0), at), at)


def survivors(_replayed: Replayed, lake: Lake, day: date, patch: pytest.MonkeyPatch) -> None:
    """Universe: of the newest listing there is, on which half of today's names are gone."""
    key = lake.partitions(UNIVERSE)[-1]
    assert key > day.isoformat()
    table = lake.vintages(UNIVERSE, key)
    (lake.root / "universe" / key / "data.parquet").unlink()
    lake.write(
        UNIVERSE, key, stamped(table.slice(0, table.num_rows // 2), end_of_day_as_of(day)), end_of_day_as_of(day)
    )

    def newest(lake: Lake, schema: TableSchema, _day: date, as_of: datetime) -> pa.Table:
        return lake.read(schema, lake.partitions(schema)[-1], as_of)

    patch.setattr(gather, "newest_known", newest)


def float_of_later(_replayed: Replayed, lake: Lake, day: date, _patch: pytest.MonkeyPatch) -> None:
    """Float: a number of a later date that does not say so."""
    key, at = day.isoformat(), end_of_day_as_of(day) - timedelta(minutes=1)
    rows = scaled(lake.vintages(SHARE_COUNTS, key), ["float_shares"], 0.1)
    later = pa.repeat(pa.scalar(session_offset(day, 5), pa.date32()), rows.num_rows)
    rows = rows.set_column(rows.column_names.index("float_effective_date"), "float_effective_date", later)
    (lake.root / "share_counts" / key / "data.parquet").unlink()
    lake.write(SHARE_COUNTS, key, stamped(rows, at), at)


@pytest.mark.parametrize("cheat", [tomorrows_close, report_before_publication, survivors, float_of_later])
def test_each_planted_cheat_is_caught(
    replayed: Replayed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheat: Cheat
):
    day = replayed.days[3]
    lake = replayed.copy(tmp_path / "lake")
    cheat(replayed, lake, day, monkeypatch)
    found = lookahead.examine(replayed.settings, lake, day, STRATEGY)
    assert found.differences, f"{cheat.__name__} went unnoticed over {found.names_compared} names"
