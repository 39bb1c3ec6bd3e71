"""Puts the pages of one read together: the whole, or an error; a half-read list is never returned."""

from collections.abc import Sequence

import pyarrow as pa

from amc_assets.providers.exchange import Fetched, Parsed, Request
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_body, refuse_repeats


def merge_pages(pages: Sequence[Fetched], request: Request, keys: tuple[str, ...]) -> Fetched:
    """Return one Fetched of all pages; rows repeated over a page border are kept once, disagreeing ones refused.

    The pages are judged together by the rule of ``refuse_body``; ``request`` is that of the whole, no part.
    ``fetched_at`` is that of the page that came last: only then was the whole known. Number notes are summed.
    """
    if len(pages) == 1:
        only = pages[0].parsed
        refuse_body(only.table.num_rows, only.rejected, only.samples, request)
        return pages[0]
    table = pa.concat_tables([page.parsed.table for page in pages]).combine_chunks()
    rejects = Rejects(table.num_rows)
    for page in pages:
        refuse_again(rejects, page.parsed)

    describe = describer(table)
    refuse_repeats(rejects, table, keys, describe)
    merged: Parsed = rejects.finish(table, request, _notes(pages))
    last = pages[-1]
    fetched_at = max(page.fetched_at for page in pages)  # a kept copy among them may be older
    return Fetched(merged, fetched_at, last.source, last.headers, is_cached=any(page.is_cached for page in pages))


def refuse_again(rejects: Rejects, part: Parsed) -> None:
    """Add what one part of an answer had refused."""
    rejects.before_parsing(part.rejected, part.samples, tuple(part.refused_symbols), part.refused_unnamed)
    rejects.days |= part.refused_days


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
