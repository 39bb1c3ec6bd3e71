"""The road to a replayed folder of recorded days: what was not recorded is said, not asked.

Without this a feed that nobody recorded would read like a day on which nothing happened, or like a refusal.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol

from amc_assets.market.publication import daily_bar_published_at, short_volume_published_at
from amc_assets.providers.errors import NotFound, NotRecorded, NotYetPublished
from amc_assets.providers.exchange import Fetched, Parser, RefusalReader, Request
from amc_assets.providers.transport import Transport
from amc_assets.replay.recorded_feeds import DATED

_PUBLIC_AT: Mapping[str, Callable[[date], datetime]] = {
    "grouped_daily": daily_bar_published_at,
    "daily_short_volume": short_volume_published_at,
}
_NEXT = "nothing can be done in a replay; a folder that holds it can be replayed instead"


class Recording(Protocol):
    """What a recorded market says of the datasets of the wire."""

    def why_not_recorded(self, dataset: str) -> str:
        """Return why a dataset was not recorded at all; empty for one that can be asked for."""
        ...

    def stands_in_for(self, dataset: str) -> str:
        """Return what the files of a dataset really are, where they stand in for it; else an empty text."""
        ...


class RecordedTransport(Transport):
    """Fetch from a server of recorded days."""

    def __init__(self, recording: Recording, **road: Any) -> None:
        super().__init__(**road)
        self._recording = recording

    def fetch(self, request: Request, parse: Parser, read_refusal: RefusalReader | None = None) -> Fetched:
        """Return the answer, named after the files that it really comes from.

        Raises NotRecorded for a dataset that the folder lacks, and for a date of a dated one that it lacks; otherwise
        as ``Transport.fetch``.
        """
        why = self._recording.why_not_recorded(request.dataset)
        if why:
            raise NotRecorded(request.provider, request.dataset, why, _NEXT)
        try:
            fetched = super().fetch(request, parse, read_refusal)
        except (NotFound, NotYetPublished) as error:
            if request.dataset not in DATED or not self._is_out(request):
                raise
            raise _of_a_date(request) from error
        if request.dataset in DATED and not fetched.parsed.table.num_rows:
            raise _of_a_date(request)
        files = self._recording.stands_in_for(request.dataset)
        return replace(fetched, source=f"{files} (for {fetched.source})") if files else fetched

    def _is_out(self, request: Request) -> bool:
        """Return whether the file of a day was public by the calendar: what is out and not there was not recorded."""
        public_at = _PUBLIC_AT.get(request.dataset)
        return public_at is None or request.for_date is None or public_at(request.for_date) <= self._clock.now()


def _of_a_date(request: Request) -> NotRecorded:
    day = request.for_date.isoformat() if request.for_date else "that date"
    return NotRecorded(request.provider, request.dataset, f"{day} was not recorded", _NEXT)
