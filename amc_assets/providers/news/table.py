"""Turns the entries of a wire's feed into the table of news, with the entries that cannot be dated counted."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.feeds import Entry, Feed
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats

NEWS_COLUMNS = (
    ("item_id", "text: the feed's own id, else the address"),
    ("published_at", "UTC instant"),
    ("title", "text"),
    ("summary", "text"),
    ("url", "address, null when not http"),
    ("publisher", "text, null when not sent"),
    ("source_symbols", "tickers, comma joined, may be empty"),
    ("vendor_sentiment", "-1 to 1, null here"),
    ("form", "text, null here"),
    ("filing_items", "text, null here"),
    ("cik", "text, null here"),
)
_SCHEMA = pa.schema(
    [
        ("item_id", pa.string()), ("published_at", pa.timestamp("us", tz="UTC")), ("title", pa.string()),
        ("summary", pa.string()), ("url", pa.string()), ("publisher", pa.string()), ("source_symbols", pa.string()),
        ("vendor_sentiment", pa.float64()), ("form", pa.string()), ("filing_items", pa.string()), ("cik", pa.string()),
    ]
)  # fmt: skip


def news_table(
    feed: Feed, request: Request, symbols_of: Callable[[Entry], Sequence[str]], publisher: str | None
) -> Parsed:
    """Return one row per entry that has an id, a title and an instant; the others are counted by reason.

    ``publisher`` stands in when the entry names none. Raises MalformedBody when too many were refused.
    """
    table = pa.Table.from_pylist([_row(entry, symbols_of(entry), publisher) for entry in feed.entries], schema=_SCHEMA)
    rejects = Rejects(table.num_rows)
    describe = describer(table.select(["item_id", "title"]))
    problems = [_problem(entry) for entry in feed.entries]
    for problem in sorted(set(problems) - {""}):
        rejects.where(np.array([found == problem for found in problems]), problem, describe)
    refuse_repeats(rejects, table, ("item_id",), describe)
    return rejects.finish(table, request, feed.notes)


def _problem(entry: Entry) -> str:
    if not (entry.id or entry.link):
        return "no_id"
    if not entry.title:
        return "no_title"
    return entry.undated


def _row(entry: Entry, symbols: Sequence[str], publisher: str | None) -> dict[str, object]:
    return {
        "item_id": entry.id or entry.link,
        "published_at": entry.published_at,
        "title": entry.title,
        "summary": entry.summary,
        "url": entry.link,
        "publisher": entry.extra.get("publisher") or entry.extra.get("source_title") or publisher,
        "source_symbols": ",".join(symbols),
    }
