"""The planted squeezes have their whole life in what is served, the decoys exist, and the truth stays in this room."""

import ast
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import amc_assets
from amc_assets.market.calendar import session_offset, sessions_between
from amc_assets.replay.server import ReplayServer
from amc_assets.replay.simulated import Planted, SimulatedMarket
from amc_assets.replay.simulation.events import EventKind
from amc_assets.replay.spelling import finra_interest
from amc_assets_tests.replay.conftest import keyed_client
from amc_assets_tests.replay.panels import Panels, read_panels, relvol_30
from amc_assets_tests.replay.reading import INTEREST_PATH, JSON_ACCEPT, grouped_path, interest_query, short_volume_path


@pytest.fixture(scope="module")
def panels(full_market: SimulatedMarket) -> Panels:
    """Return the companies of the full default market."""
    return read_panels(full_market)


@pytest.fixture(scope="module")
def planted(full_market: SimulatedMarket) -> list[Planted]:
    """Return the squeezes whose build-up and aftermath lie inside the range."""
    return [row for row in full_market.planted() if date(2024, 4, 1) <= row.ignition_date <= date(2027, 10, 1)]


def quarter_of(day: date) -> tuple[int, int]:
    """Return year and quarter."""
    return day.year, (day.month - 1) // 3


def test_ten_to_fourteen_squeezes_a_quarter(full_market: SimulatedMarket) -> None:
    counts = Counter(quarter_of(row.ignition_date) for row in full_market.planted())
    assert len(counts) == 16
    assert all(10 <= count <= 14 for count in counts.values()), counts


def test_stages_come_in_order_and_in_days(planted: list[Planted]) -> None:
    for row in planted:
        assert row.build_up_from < row.ignition_date <= row.peak_date < row.end_date
        assert 20 <= len(sessions_between(row.build_up_from, row.ignition_date)) - 1 <= 40
        assert 2 <= len(sessions_between(row.ignition_date, row.peak_date)) <= 6
        assert 3 <= len(sessions_between(row.peak_date, row.end_date)) - 1 <= 8
        assert 0.8 <= row.peak_frac <= 4.0


def test_no_symbol_is_in_two_stages_at_once(planted: list[Planted]) -> None:
    for symbol, count in Counter(row.symbol for row in planted).items():
        lives = sorted((row.build_up_from, row.end_date) for row in planted if row.symbol == symbol)
        assert all(earlier[1] < later[0] for earlier, later in pairwise(lives)), (symbol, count)


def test_ignition_peak_and_collapse_are_in_the_prices(panels: Panels, planted: list[Planted]) -> None:
    rise, fall = [], []
    for row in planted:
        close = panels.close_usd[:, panels.column(row.symbol)]
        start, peak, end = (panels.row(day) for day in (row.ignition_date, row.peak_date, row.end_date))
        rise.append(close[peak] / close[start - 1] - 1)
        fall.append(close[end] / close[peak] - 1)
    assert np.corrcoef(np.log1p(rise), np.log1p([row.peak_frac for row in planted]))[0, 1] > 0.8
    assert np.percentile(rise, 5) > 0.5
    assert -0.75 < np.percentile(fall, 5) < np.percentile(fall, 95) < -0.2


def test_half_reach_thirty_percent_within_five_sessions_after_the_ignition(
    panels: Panels, planted: list[Planted]
) -> None:
    best = []
    for row in planted:
        column, day = panels.column(row.symbol), panels.row(row.ignition_date)
        best.append(panels.high_usd[day + 1 : day + 6, column].max() / panels.open_usd[day + 1, column] - 1)
    calm = [
        panels.high_usd[day + 1 : day + 6, column].max() / panels.open_usd[day + 1, column] - 1
        for row in planted
        for column, day in [(panels.column(row.symbol), panels.row(row.ignition_date) - 60)]
        if day >= 0
    ]
    assert np.mean(np.array(best) >= 0.3) >= 0.5
    assert np.mean(np.array(calm) >= 0.3) < 0.15, "sixty sessions earlier the same names do nothing of the kind"


def test_volume_bursts_at_the_ignition(panels: Panels, planted: list[Planted]) -> None:
    relvol = relvol_30(panels.volume_shares)
    bursts = [relvol[panels.row(row.ignition_date) - 30, panels.column(row.symbol)] for row in planted]
    assert np.nanpercentile(bursts, 10) > 3
    assert 5 < np.nanmedian(bursts) < 15


def test_short_interest_builds_up_and_falls_after_the_collapse(
    full_market: SimulatedMarket, planted: list[Planted]
) -> None:
    grown, fell, frac_at_ignition = [], [], []
    for row in planted:
        before, at, after = (
            _short_frac(full_market, row.symbol, day)
            for day in (row.build_up_from, row.ignition_date, session_offset(row.end_date, 15))
        )
        grown.append(at / before)
        fell.append(after / at)
        frac_at_ignition.append(at)
    assert np.median(grown) > 3
    assert np.median(fell) < 0.6
    assert np.percentile(frac_at_ignition, 10) > 0.18
    assert np.percentile(frac_at_ignition, 90) < 0.8


def test_short_volume_is_elevated_in_the_build_up(full_market: SimulatedMarket, planted: list[Planted]) -> None:
    lift = [
        _short_ratio(full_market, row.symbol, session_offset(row.ignition_date, -2))
        - _short_ratio(full_market, row.symbol, session_offset(row.ignition_date, -55))
        for row in planted
    ]
    assert 0.05 < np.mean(lift) < 0.15


def test_squeezes_have_small_floats_and_real_turnover(
    full_market: SimulatedMarket, panels: Panels, planted: list[Planted]
) -> None:
    floats = {row.symbol: row.float_shares for row in full_market.floats()}
    dollars = [
        np.nanmedian(
            (panels.close_usd * panels.volume_shares)[panels.row(row.build_up_from), panels.column(row.symbol)]
        )
        for row in planted
    ]
    assert np.mean([floats[row.symbol] < 1e8 for row in planted]) > 0.95
    assert np.percentile(dollars, 10) > 1e5


def test_decoys_outnumber_the_truth(full_market: SimulatedMarket) -> None:
    full_market.planted()
    events = full_market._simulation.events
    quarters = len(full_market._simulation.blocks)
    per_quarter = {kind: sum(event.kind is kind for event in events) / quarters for kind in EventKind}
    assert 13 <= per_quarter[EventKind.PUMP] <= 18
    assert per_quarter[EventKind.NEWS] > 100
    assert per_quarter[EventKind.FIZZLE] >= 5


def test_pumps_have_few_shorts(full_market: SimulatedMarket) -> None:
    symbols = full_market._simulation.population.names.symbols
    pumps = [event for event in full_market._simulation.events if event.kind is EventKind.PUMP][20:60]
    fracs = [_short_frac(full_market, symbols[event.position], date(2025, 3, 14)) for event in pumps]
    assert np.nanmedian(fracs) < 0.08


def test_high_shorts_alone_mean_nothing(full_market: SimulatedMarket, planted: list[Planted]) -> None:
    report = full_market.short_interest(date(2025, 9, 15))
    assert report is not None
    floats = {finra_interest(row.symbol): row.float_shares for row in full_market.floats()}
    heavy = {
        symbol
        for symbol, shares in zip(report.symbols, report.short_interest_shares, strict=True)
        if symbol in floats and shares / floats[symbol] > 0.2
    }
    soon = {
        finra_interest(row.symbol) for row in planted if date(2025, 9, 15) <= row.ignition_date <= date(2025, 11, 14)
    }
    assert len(heavy) > 40
    assert len(heavy & soon) / len(heavy) < 0.3


def test_nothing_planted_or_simulated_is_on_the_wire(small_market: SimulatedMarket) -> None:
    row = small_market.planted()[0]
    paths = [
        grouped_path(row.ignition_date),
        short_volume_path(row.ignition_date),
        "/dynamic/SymDir/nasdaqtraded.txt",
        "/v3/reference/tickers?limit=1000",
        "/v3/reference/splits",
        "/stocks/vX/float?limit=5000",
        "/partitions/group/otcMarket/name/consolidatedShortInterest",
    ]
    with ReplayServer(small_market) as server, keyed_client(server) as client:
        answers = [client.get(path) for path in paths]
        query = interest_query(date(2024, 4, 30))
        answers.append(client.post(INTEREST_PATH, json=query, headers=JSON_ACCEPT))
    for answer in answers:
        said = (answer.text + str(answer.headers)).lower()
        assert answer.status_code == 200
        assert [word for word in ("simul", "plant", "replay", "squeeze", "pump", "python") if word in said] == []


def readers_of_the_truth(root: Path) -> list[str]:
    """Return the modules outside ``replay`` that import the simulation's inside or call ``planted``."""
    found = []
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] == "replay":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imports = isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "amc_assets.replay.simulation"
            )
            if imports or (isinstance(node, ast.Attribute) and node.attr in {"planted", "_simulation"}):
                found.append(str(path.relative_to(root)))
    return found


def test_only_replay_reads_the_truth(tmp_path: Path) -> None:
    assert readers_of_the_truth(Path(amc_assets.__file__).parent) == []
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "cheat.py").write_text("def score(market):\n    return market.planted()\n")
    (tmp_path / "peek.py").write_text("from amc_assets.replay.simulation.events import Event\n")
    assert readers_of_the_truth(tmp_path) == ["evaluation/cheat.py", "peek.py"]


def _short_frac(market: SimulatedMarket, symbol: str, day: date) -> float:
    settlement = next((found for found in reversed(market.settlements()) if found <= day), market.settlements()[0])
    report = market.short_interest(settlement)
    assert report is not None
    known = [row.float_shares for row in market.floats() if row.symbol == symbol and row.effective_date <= settlement]
    shares = report.short_interest_shares[report.symbols == finra_interest(symbol)]
    return float(shares[0] / known[-1]) if len(shares) and known else float("nan")


def _short_ratio(market: SimulatedMarket, symbol: str, day: date) -> float:
    volume = market.short_volume(day)
    assert volume is not None
    here = volume.symbols == symbol
    return float(volume.short_volume_shares[here][0] / volume.total_volume_shares[here][0])
