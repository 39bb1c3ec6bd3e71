"""Puts the pages of EDGAR's feed together: new filings push older ones over a page border while it is read."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from amc_assets.providers.exchange import Fetched, Request
from amc_assets.providers.sec.filings import PAGE_ENTRIES, one_role, role_in
from amc_assets.providers.wire.pages import refuse_again
from amc_assets.providers.wire.rejects import Rejects

MOST_PAGES = 10  # a thousand entries: more than EDGAR accepts of one form on a usual day


def reaches(page: Fetched, since: datetime) -> bool:
    """Return whether no later page can hold a filing accepted at or after ``since``: this one is older, or the last."""
    notes = page.parsed.notes
    if int(notes["entries_received"]) < PAGE_ENTRIES:
        return True
    oldest = notes.get("oldest_published_at")
    return oldest is not None and datetime.fromisoformat(oldest) < since


def merge_filings(pages: Sequence[Fetched], request: Request, *, is_complete: bool) -> Fetched:
    """Return one Fetched of all pages, each filing once per company of its surest role.

    The pages are judged together by the rule of ``refuse_body``; ``request`` is that of the first. The note
    ``is_complete`` is false when the pages ended before the instant asked for. ``fetched_at`` is that of the
    last page: only then was the whole known.
    """
    table = pa.concat_tables([page.parsed.table for page in pages]).combine_chunks()
    rows = table.select(["item_id", "cik", "title"]).to_pylist()
    kept = one_role([(row["item_id"], row["cik"], role_in(row["title"])) for row in rows])
    last = pages[-1]
    notes = dict(last.parsed.notes) | {
        "entries_received": str(_summed(pages, "entries_received")),
        "repeated_filings": str(_summed(pages, "repeated_filings") + len(rows) - len(kept)),
        "pages": str(len(pages)),
        "is_complete": str(is_complete).lower(),
    }
    rejects = Rejects(len(kept))
    for page in pages:
        refuse_again(rejects, page.parsed)
    parsed = rejects.finish(table.take(pa.array(kept, pa.int64())), request, notes)
    return Fetched(parsed, last.fetched_at, last.source, last.headers)


def _summed(pages: Sequence[Fetched], note: str) -> int:
    return sum(int(page.parsed.notes[note]) for page in pages)
