"""Ctrl-C and SIGTERM at the process boundary: what was kept and how to go on, in one sentence, and exit 130 or 143."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from amc_assets.pipeline.stopping import Stopped

HEARD = (signal.SIGINT, signal.SIGTERM)
NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
ANYWHERE = "what is written is whole. Next: run the same command again"


class Heard:
    """Which signal to stop came first while the block ran.

    The number is read from a pipe that Python itself writes to: Dagster puts handlers of its own in place while a job
    runs, and those do not tell which signal it was.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Raise Stopped at the first signal; a second one ends the process at once, without a trace."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may set handlers
            return
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        before = {number: signal.signal(number, _stop) for number in HEARD}
        pipe_before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            self.number = _first(read)
            signal.set_wakeup_fd(pipe_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(read)
            os.close(write)

    @property
    def exit_code(self) -> int:
        """Exit code of a process that ends by the signal: 128 and its number."""
        return 128 + (self.number or 0)

    def sentence(self, error: BaseException) -> str:
        """Return what stopped the command, what was kept and how to go on."""
        kept = error.kept if isinstance(error, Stopped) else ""
        return f"stopped by {NAMES[signal.Signals(self.number or signal.SIGINT)]}: {kept or ANYWHERE}"


@contextmanager
def kept_when_stopped(sentence: Callable[[], str]) -> Iterator[None]:
    """Give a stop inside the block the sentence that says what was kept and how to go on."""
    try:
        yield
    except Stopped as stop:
        raise Stopped(sentence()) from stop


def _stop(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Stopped


def _first(pipe: int) -> int | None:
    try:
        came = os.read(pipe, 64)
    except BlockingIOError:
        return None
    return next((number for number in came if number in HEARD), None)
