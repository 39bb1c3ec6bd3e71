"""Answers of a market that has no news, filings, halts, fails or options of its own: nothing was recorded."""

from collections.abc import Sequence
from datetime import date, datetime

from amc_assets.replay.market import ChainOfDay, FailRow, FilingRow, HaltRow, NewsRow, ShareCountRow
from amc_assets.replay.minute_bars import MinuteBars


class Unrecorded:
    """Base of markets: each overrides what it has."""

    recorded_kinds: frozenset[str] = frozenset()
    watched: tuple[str, ...] = ()

    def why_not_recorded(self, dataset: str) -> str:  # noqa: ARG002 - a market that answers for all it serves
        """Return an empty text: what this market has no answer for, it says by its answers."""
        return ""

    def stands_in_for(self, dataset: str) -> str:  # noqa: ARG002
        """Return an empty text: every dataset is what it says."""
        return ""

    def records(self, kind: str) -> bool:
        """Return whether a kind of event was recorded at all."""
        return kind in self.recorded_kinds

    def news(self, first: datetime, last: datetime) -> Sequence[NewsRow]:  # noqa: ARG002 - a market that has none
        """Return no headline."""
        return ()

    def filings(self, first: datetime, last: datetime) -> Sequence[FilingRow]:  # noqa: ARG002
        """Return no filing."""
        return ()

    def halts(self, day: date) -> Sequence[HaltRow]:  # noqa: ARG002
        """Return no halt."""
        return ()

    def threshold_symbols(self, day: date) -> Sequence[str] | None:  # noqa: ARG002
        """Return None: no list was recorded."""
        return None

    def fails(self, first: date, last: date) -> Sequence[FailRow] | None:  # noqa: ARG002
        """Return None: no file was recorded."""
        return None

    def share_counts(self) -> Sequence[ShareCountRow]:
        """Return no count."""
        return ()

    def option_chain(self, symbol: str, day: date) -> ChainOfDay | None:  # noqa: ARG002
        """Return None: no chain was recorded."""
        return None

    def minute_bars(self, symbol: str, day: date) -> MinuteBars | None:  # noqa: ARG002
        """Return None: no minute was recorded."""
        return None

    def bill_rates(self, day: date) -> Sequence[tuple[int, float]] | None:  # noqa: ARG002
        """Return None: no rate was recorded."""
        return None
