"""Puts the pages of one read together: the whole, or an error; a half-read list is never returned."""

from collections.abc import Sequence

import pyarrow as pa

from amc_assets.providers.exchange import Fetched, Parsed, Request
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats


def merge_pages(pages: Sequence[Fetched], request: Request, keys: tuple[str, ...]) -> Fetched:
    """Return one Fetched of all pages; rows repeated over a page border are kept once, disagreeing ones refused.

    ``fetched_at`` is that of the page that came last: only then was the whole known. Number notes are summed.
    """
    if len(pages) == 1:
        return pages[0]
    table = pa.concat_tables([page.parsed.table for page in pages]).combine_chunks()
    rejects = Rejects(table.num_rows)
    for page in pages:
        rejects.before_parsing(page.parsed.rejected, page.parsed.samples)

    describe = describer(table)
    refuse_repeats(rejects, table, keys, describe)
    merged: Parsed = rejects.finish(table, request, _notes(pages))
    last = pages[-1]
    fetched_at = max(page.fetched_at for page in pages)  # a kept copy among them may be older
    return Fetched(merged, fetched_at, last.source, last.headers, is_cached=any(page.is_cached for page in pages))


def _notes(pages: Sequence[Fetched]) -> dict[str, str]:
    notes: dict[str, str] = {}
    for page in pages:
        for name, value in page.parsed.notes.items():
            before = notes.get(name)
            summed = before is not None and before.isdigit() and value.isdigit()
            notes[name] = str(int(before or 0) + int(value)) if summed else value
    notes["pages"] = str(len(pages))
    notes.pop("next_url", None)
    return notes
