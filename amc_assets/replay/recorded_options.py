"""The recorded option days: the chains and trading halts of a folder, wherever their days lie.

They may lie outside the range of the recorded bars, so they are a market of their own: no bars, no shorts, no news.
Which session a chain belongs to is read from its time stamp. Some chains are older than the exchange calendar:
``option_chain`` has them, a server, which speaks of sessions only, has not.
"""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

from amc_assets.market.calendar import FIRST_DAY, exchange_date
from amc_assets.replay.market import (
    BarsOfDay,
    ChainOfDay,
    FloatRow,
    HaltRow,
    Listing,
    ShareCountRow,
    ShortInterestReport,
    ShortVolumeOfDay,
    SplitRow,
)
from amc_assets.replay.recorded import RecordedDataError
from amc_assets.replay.recorded_chains import index_of, read_chain
from amc_assets.replay.recorded_events import read_halts
from amc_assets.replay.recorded_folder import RecordedFolder
from amc_assets.replay.recorded_reference import read_listings
from amc_assets.replay.recorded_shares import read_share_counts
from amc_assets.replay.unrecorded import Unrecorded

HALTS_FILES = "rss/nasdaq_tradehalts_*.xml"


class RecordedOptionDays(Unrecorded):
    """Serve the chains recorded in ``data_dir``; a file is read each time it is asked for.

    ``first_day`` and ``last_day`` are those of the chains and halts inside the exchange calendar. Raises
    RecordedDataError without chains or for a folder whose description is wrong.
    """

    recorded_kinds = frozenset({"halts"})

    name = "recorded-options"
    is_simulated = False
    bars_basis_date: date | None = None

    def __init__(self, data_dir: Path) -> None:
        self._files = index_of(data_dir / "options")
        if not self._files:
            raise RecordedDataError(
                f"no recorded option chains at {data_dir}: options/ holds none. Give the folder that has them, or use "
                "the simulated market, which needs no data."
            )
        self._folder = RecordedFolder.open(data_dir)
        halts = [exchange_date(halt.halted_at) for halt in self._halts]
        days = [day for _, day in self._files if day >= FIRST_DAY]
        self.first_day = min(days + halts, default=FIRST_DAY)
        self.last_day = max(days, default=FIRST_DAY)

    def chain_days(self) -> list[tuple[str, date]]:
        """Return the (symbol, session) pairs that have a chain, by date and symbol."""
        return sorted(self._files, key=lambda key: (key[1], key[0]))

    def directory(self, day: date) -> Sequence[Listing]:  # noqa: ARG002 - one directory was recorded
        """Return the names with a chain as the folder lists them; what it does not list has no listing."""
        return self._listings

    def bars(self, day: date) -> BarsOfDay | None:  # noqa: ARG002
        """Return None: no bar of these days was recorded."""
        return None

    def short_volume(self, day: date) -> ShortVolumeOfDay | None:  # noqa: ARG002
        """Return None: no short volume of these days was recorded."""
        return None

    def short_volume_file(self, day: date) -> bytes | None:  # noqa: ARG002
        """Return None: no file of these days was recorded."""
        return None

    def settlements(self) -> list[date]:
        """Return no settlement date."""
        return []

    def short_interest(self, settlement: date) -> ShortInterestReport | None:  # noqa: ARG002
        """Return None: no report of these days was recorded."""
        return None

    def short_interest_file(self, settlement: date) -> bytes | None:  # noqa: ARG002
        """Return None: no report of these days was recorded."""
        return None

    def floats(self) -> Sequence[FloatRow]:
        """Return no float."""
        return ()

    def splits(self, first: date, last: date) -> Sequence[SplitRow]:  # noqa: ARG002
        """Return no split."""
        return ()

    def halts(self, day: date) -> Sequence[HaltRow]:
        """Return the halts of the recorded feeds that began on ``day``."""
        return [halt for halt in self._halts if exchange_date(halt.halted_at) == day]

    def share_counts(self) -> Sequence[ShareCountRow]:
        """Return the shares outstanding of the companies whose facts were recorded."""
        return self._share_counts

    def option_chain(self, symbol: str, day: date) -> ChainOfDay | None:
        """Return the recorded chain of ``symbol`` after the close of ``day``; None when there is none."""
        path = self._files.get((symbol, day))
        return None if path is None else read_chain(path)

    @cached_property
    def _listings(self) -> list[Listing]:
        wanted = {symbol for symbol, _ in self._files}
        known = read_listings(self._folder, (), frozenset())
        return [listing for listing in known if listing.symbol in wanted]

    @cached_property
    def _halts(self) -> list[HaltRow]:
        found = [halt for path in sorted(self._folder.path.glob(HALTS_FILES)) for halt in read_halts(path)]
        return sorted(found, key=lambda halt: (halt.halted_at, halt.symbol))

    @cached_property
    def _share_counts(self) -> list[ShareCountRow]:
        return read_share_counts(self._folder)
