"""What a person sees while a long command works: phases, counts, time left, and each session's first names.

On a terminal one line moves and finished phases stay above it; in a pipe there are plain lines, a few seconds apart.
Everything goes to stderr: stdout is for results.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from amc_assets.clock import Clock, SystemClock
from amc_assets.commands.time_left import Workload, spoken
from amc_assets.pipeline.progress import Phase, Progress, ScoredDay

SECONDS_BETWEEN_LINES = 5.0
WIDTH = 80


class PlainLines:
    """Progress as lines: one when a phase ends or a session has its list, and one every five seconds between."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console, self._clock = console, clock
        self._work = Workload()
        self._started = self._phase_started = self._told = clock.monotonic()
        self._days = self._done = 0
        self._has_scored = False

    def plan(self, days: Mapping[Phase, int]) -> None:
        """Take note of how many days each phase will have."""
        self._work.plan(days)

    def begin(self, phase: Phase, days: int) -> None:
        """Start a phase; a line of its own only where nobody sees a bar."""
        self._work.begin(phase, days)
        self._days, self._done, self._phase_started = days, 0, self._clock.monotonic()
        self.show(phase)

    def advance(self, phase: Phase, day: date) -> None:
        """Count a day; the last one of a phase leaves a line."""
        self._work.advance(phase)
        self._done += 1
        if self._done >= self._days and phase is not Phase.DISCOVERY:
            seconds = self._clock.monotonic() - self._phase_started
            self.line(f"{phase}: {self._days} {_days(self._days)} in {seconds:.0f} s")
        else:
            self.show(phase, day)

    def scored(self, found: ScoredDay) -> None:
        """Print a session's first names, or why there are none."""
        if found.best and not self._has_scored:
            self.line("first candidates, by ranking score; the list with reasons follows at the end:")
        self._has_scored = self._has_scored or bool(found.best)
        names = " ".join(f"{symbol} {score:.2f}" for symbol, score in found.best)
        more = found.candidates_found - len(found.best)
        text = f"{found.day} {names}{f' and {more} more' if more > 0 else ''}" if names else _nothing(found)
        self.line(text[: WIDTH - 1])

    def show(self, phase: Phase, day: date | None = None) -> None:
        """Say how far a phase is, five seconds after the last line at the earliest."""
        now = self._clock.monotonic()
        if now - self._told >= SECONDS_BETWEEN_LINES:
            self.line(self.status(phase, day))

    def status(self, phase: Phase, day: date | None) -> str:
        """Return phase, counts and time left as one short line."""
        left = spoken(self._work.seconds_left(self._clock.monotonic() - self._started))
        at = f" ({day})" if day else ""
        return f"{phase}: {self._done} of {self._days}{at}, {left}"

    def line(self, text: str) -> None:
        """Print a line that stays."""
        self._told = self._clock.monotonic()
        self._console.print(escape(text), soft_wrap=True, highlight=False)


class LiveLine(PlainLines):
    """Progress as one moving line with a bar; finished phases and lists stay above it."""

    def __init__(self, console: Console, clock: Clock, bars: Bars) -> None:
        super().__init__(console, clock)
        self._bars = bars
        self._task = bars.add_task("starting", total=1.0)

    def show(self, phase: Phase, day: date | None = None) -> None:
        """Move the bar; its line has no room for the day."""
        del day
        self._bars.update(self._task, completed=self._work.share_done, description=escape(self.status(phase, None)))


@contextmanager
def told() -> Iterator[Progress]:
    """Show progress on stderr while the block runs: a moving line on a terminal, else plain lines."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal or console.is_dumb_terminal:
        yield PlainLines(console, SystemClock())
        return
    columns = (SpinnerColumn("line"), TextColumn("{task.description}"), BarColumn(bar_width=None), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, refresh_per_second=4) as bars:
        yield LiveLine(console, SystemClock(), bars)


def _days(count: int) -> str:
    return "day" if count == 1 else "days"


def _nothing(found: ScoredDay) -> str:
    what = "no candidate" if found.is_scored else "not scored"
    return f"{found.day} {what}{f': {found.reason}' if found.reason else ''}"
