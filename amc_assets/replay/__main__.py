"""``python -m amc_assets.replay``: serve a market until interrupted and print the variables that point at it."""

import argparse
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event
from types import FrameType

from amc_assets.clock import SystemClock
from amc_assets.replay.market import Market
from amc_assets.replay.server import ReplayServer


def _stop(number: int, _frame: FrameType | None) -> None:
    raise _Stopped(number)


class _Stopped(BaseException):
    """The server was told to stop by a signal of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def _told_by_signals() -> Iterator[None]:
    """Raise _Stopped at Ctrl-C and SIGTERM while the block runs; only the main thread hears signals."""
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM) if is_main}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: Sequence[str] | None = None, *, until: Event | None = None) -> int:
    """Run the command; ``until`` ends it early.

    Return the exit code: 130 after Ctrl-C, 143 after SIGTERM, 2 for a bad folder.
    """
    options = _parser().parse_args(arguments)
    try:
        with _told_by_signals():
            return _served(options, until)
    except _Stopped as stop:
        sys.stderr.write("stopped: the server keeps nothing. Next: run the same command again\n")
        return 128 + stop.number


def _served(options: argparse.Namespace, until: Event | None) -> int:
    try:
        market = _market(options)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with ReplayServer(market, port=options.port, clock=SystemClock() if options.until_now else None) as server:
        kind = "simulated: every number is made up" if market.is_simulated else "recorded"
        sys.stdout.write(
            f"# {market.name} market ({kind}), {market.first_day} .. {market.last_day}; stop with Ctrl-C\n"
        )
        sys.stdout.writelines(f"export {name}={value}\n" for name, value in server.environment().items())
        sys.stdout.flush()
        (until or Event()).wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m amc_assets.replay", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--simulated", action="store_true", help="serve the simulated market")
    which.add_argument("--data", type=Path, metavar="DIR", help="serve the days recorded in DIR")
    parser.add_argument("--port", type=int, default=0, help="port on the loopback address (default: a free one)")
    parser.add_argument("--seed", type=int, default=None, help="seed of the simulated market")
    parser.add_argument("--last-day", type=date.fromisoformat, default=None, help="last simulated day, YYYY-MM-DD")
    parser.add_argument(
        "--until-now", action="store_true", help="serve nothing before the machine's clock says it is published"
    )
    return parser


def _market(options: argparse.Namespace) -> Market:
    if options.data is not None:
        from amc_assets.replay.recorded import RecordedMarket  # noqa: PLC0415 - pyarrow only where it is used

        recorded = RecordedMarket(options.data)
        recorded.prepare()
        return recorded
    from amc_assets.replay.simulated import DEFAULT_SEED, LAST_DAY, SimulatedMarket  # noqa: PLC0415 - numpy likewise

    seed = DEFAULT_SEED if options.seed is None else options.seed
    return SimulatedMarket(seed=seed, last_day=options.last_day or LAST_DAY)


if __name__ == "__main__":
    sys.exit(main())
