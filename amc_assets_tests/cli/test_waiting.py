"""Progress: lines a few seconds apart, an estimate that follows the machine, first names before the last session."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from amc_assets.commands.time_left import COST, Workload, spoken
from amc_assets.commands.waiting import SECONDS_BETWEEN_LINES, PlainLines
from amc_assets.pipeline.progress import Phase, ScoredDay, each
from amc_assets_tests.cli.conftest import IGNITION, PEAK, PLANTED, Replayed

DAYS = [date(2026, 8, day) for day in (24, 25, 26, 27)]


@dataclass
class Hand:
    """A clock that is moved by hand."""

    seconds: float = 0.0

    def now(self) -> datetime:
        """Return an instant nobody looks at."""
        return datetime(2026, 8, 24, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return where the hand stands."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Move the hand."""
        self.seconds += seconds


def told(seconds_a_day: float) -> list[str]:
    """Return the lines of one phase of four days, each of which takes so long."""
    clock, out = Hand(), io.StringIO()
    lines = PlainLines(Console(file=out, width=80), clock)
    lines.plan({Phase.BARS: 4})
    for _ in each(lines, Phase.BARS, DAYS):
        clock.sleep(seconds_a_day)
    return out.getvalue().splitlines()


def test_slow_days_are_told_one_by_one_with_the_time_left():
    assert told(SECONDS_BETWEEN_LINES) == [
        "daily bars: 1 of 4 (2026-08-24), about 15 s left",
        "daily bars: 2 of 4 (2026-08-25), about 10 s left",
        "daily bars: 3 of 4 (2026-08-26), about 5 s left",
        "daily bars: 4 days in 20 s",
    ]


def test_quick_days_leave_one_line():
    assert told(0.1) == ["daily bars: 4 days in 0 s"]


def test_the_estimate_weighs_phases_by_what_they_cost():
    work = Workload()
    work.plan({Phase.LISTINGS: 10, Phase.DISCOVERY: 10})
    for _ in range(10):
        work.advance(Phase.LISTINGS)
    share = COST[Phase.LISTINGS] / (COST[Phase.LISTINGS] + COST[Phase.DISCOVERY])
    assert work.share_done == pytest.approx(share)
    assert work.seconds_left(10.0) == pytest.approx(10.0 * (1 - share) / share)


def test_a_second_plan_comes_on_top_of_what_is_done():
    """`--float both` runs everything twice."""
    work = Workload()
    work.plan({Phase.BARS: 2})
    work.advance(Phase.BARS)
    work.advance(Phase.BARS)
    work.plan({Phase.BARS: 2})
    assert work.share_done == 0.5


def test_too_little_done_gives_no_estimate():
    work = Workload()
    work.plan({Phase.BARS: 1000})
    work.advance(Phase.BARS)
    assert work.seconds_left(1.0) is None
    assert spoken(None) == "time left not known yet"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "about 5 s left"), (42.0, "about 40 s left"), (95.0, "about 2 min left")]
)
def test_times_are_round(seconds: float, text: str):
    assert spoken(seconds) == text


def test_a_session_is_one_line_of_80_columns():
    out = io.StringIO()
    lines = PlainLines(Console(file=out, width=80), Hand())
    lines.scored(ScoredDay(DAYS[0], 9, tuple((f"NAME{n}", 0.5) for n in range(5))))
    lines.scored(ScoredDay(DAYS[1], 0, (), "gate relvol let none of 200 names through"))
    lines.scored(ScoredDay(DAYS[2], 0, (), "ZeroDivisionError: planted", is_scored=False))
    head, first, empty, failed = out.getvalue().splitlines()
    assert head.startswith("first candidates")
    assert first == "2026-08-24 NAME0 0.50 NAME1 0.50 NAME2 0.50 NAME3 0.50 NAME4 0.50 and 4 more"
    assert empty == "2026-08-25 no candidate: gate relvol let none of 200 names through"
    assert failed == "2026-08-26 not scored: ZeroDivisionError: planted"
    assert max(map(len, (head, first, empty))) < 80


def test_a_replay_tells_phases_and_first_candidates_before_the_last_session(replayed: Replayed):
    said = replayed.printed.err.splitlines()
    first = next(index for index, line in enumerate(said) if line.startswith(f"{IGNITION} "))
    last = next(index for index, line in enumerate(said) if line.startswith(f"{PEAK} "))
    assert first < last
    assert PLANTED in said[last]
    for phase in (Phase.BARS, Phase.SHORT_VOLUME, Phase.EVENTS, Phase.SECOND_STAGE, Phase.PANEL):
        assert any(line.startswith(f"{phase}: ") for line in said[:first]), phase
    assert "\x1b[" not in replayed.printed.err
