"""Headlines and filings of every feed in use into the lake, one row per item and symbol.

A feed holds its newest items only, so what was not collected on its day cannot be collected later: history grows from
the first run. Each item goes to the New York date of its publication, whatever day asked for it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.news.tags import NameTagger
from amc_assets.lake.store import Absence
from amc_assets.lake.tables import NEWS
from amc_assets.market.calendar import end_of_day_as_of, exchange_date, new_york, previous_session
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.stamping import stamped
from amc_assets.pipeline.storing import noted
from amc_assets.pipeline.tagging import name_tagger, symbols_by_cik
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Fetched
from amc_assets.providers.planner import Wish, plan_calls
from amc_assets.providers.wire.rejects import SAMPLES
from amc_assets.reasons import Reason

FILING_FORMS = ("8-K", "S-3", "424B5")
FUTURE_TOLERANCE = timedelta(minutes=5)
_COLUMNS = (
    "trade_date", "symbol", "item_id", "published_at", "feed", "publisher", "title", "summary", "url",
    "is_tagged_by_source", "form", "filing_items", "vendor_sentiment",
)  # fmt: skip


@dataclass
class _Collected:
    """What the feeds of a day gave: rows as columns, what was left out, what failed."""

    tables: list[pa.Table] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    fetched_at: datetime | None = None

    def left_out(self, reason: str, count: int) -> None:
        if count:
            self.rejected[reason] = self.rejected.get(reason, 0) + count


def ingest_news(workspace: Workspace, day: date, symbols: Iterable[str] = ()) -> Ingested:
    """Fetch every feed of the plan as of ``day`` and store its items by their own dates.

    ``symbols`` are asked for one by one where a source takes only one (second stage). Items without a symbol, from the
    future or already known are counted. Nothing at all from any feed is an absence with every feed's reason.
    """
    collected = _Collected()
    for spelling, fetch in _feeds(workspace, day, list(symbols)):
        try:
            fetched = fetch()
        except ProviderError as error:
            collected.errors.append(error)
            continue
        _collect(workspace, day, fetched, spelling, collected)
    if collected.fetched_at is None:
        reason = collected.errors[0].reason if collected.errors else Reason.PLAN_LACKS_SOURCE
        detail = "; ".join(map(str, collected.errors)) or "no feed is in use on this plan"
        return noted(workspace, NEWS, day, Absence(reason, detail, workspace.clock_for(day).now()))
    return _stored(workspace, day, collected)


def _feeds(workspace: Workspace, day: date, symbols: list[str]) -> list[tuple[Spelling, Callable[[], Fetched]]]:
    """Return the feeds in use: how each spells symbols, and the call."""
    sources, uses = workspace.sources, workspace.sources.uses
    since = new_york(previous_session(day), 16)
    by_name = not uses("polygon")  # one call a name is for plans without headlines of the whole market
    found: list[tuple[Spelling, Callable[[], Fetched]]] = []
    if uses("news"):
        found += [
            (Spelling.NASDAQ, lambda: sources.news(day).globenewswire()),
            (Spelling.NASDAQ, lambda: sources.news(day).prnewswire()),
        ]
        if symbols and by_name:
            spelled = _spelled(workspace, day, symbols, Spelling.YAHOO)
            found.append((Spelling.YAHOO, lambda: sources.news(day).yahoo_headlines(spelled)))
    if uses("sec"):
        found += [(Spelling.SEC, partial(sources.sec(day).filings, form, since)) for form in FILING_FORMS]
    if uses("polygon"):
        found.append((Spelling.POLYGON, lambda: sources.polygon(day).news(since)))
    if uses("alpha_vantage") and by_name:
        spelled = _spelled(workspace, day, _within_quota(workspace, day, symbols), Spelling.YAHOO)
        client = sources.alpha_vantage(day)
        found += [(Spelling.YAHOO, partial(client.news_sentiment, symbol, since)) for symbol in spelled]
    return found


def _within_quota(workspace: Workspace, day: date, symbols: list[str]) -> list[str]:
    """Return the best names that the calls left today reach: one call a name, a comma would mean "all of them"."""
    left = workspace.sources.calls_left("alpha_vantage", day)
    if left is not None and workspace.clock_for(day).now() < end_of_day_as_of(day):
        return []  # as with floats: a day's few calls are for the names of its evening
    wishes = [Wish(symbol, "news_sentiment", rank) for rank, symbol in enumerate(symbols, start=1)]
    return plan_calls(wishes, left).symbols("news_sentiment")


def _spelled(workspace: Workspace, day: date, symbols: list[str], spelling: Spelling) -> list[str]:
    master = symbol_master(workspace, day)
    return [master.spell(symbol, spelling) for symbol in symbols if symbol.isalpha()]


def _collect(workspace: Workspace, day: date, fetched: Fetched, spelling: Spelling, collected: _Collected) -> None:
    """Turn one feed's items into rows per symbol; tags of the source first, then what the text says."""
    table = fetched.parsed.table
    master, tagger = symbol_master(workspace, day), name_tagger(workspace, day)
    by_cik = symbols_by_cik(workspace, day) if pc.any(pc.is_valid(table.column("cik"))).as_py() else {}
    latest = fetched.fetched_at + FUTURE_TOLERANCE
    rows: list[dict[str, object]] = []
    untagged = future = 0
    for item in table.to_pylist():
        if item["published_at"] > latest:
            future += 1
            continue
        tags, is_own = _tags(item, master.canonical, spelling, by_cik, tagger)
        untagged += not tags
        rows += [_row(item, symbol, fetched.source, is_own=is_own) for symbol in tags]
    collected.left_out("untagged", untagged)
    collected.left_out("future_date", future)
    for reason, count in fetched.parsed.rejected.items():
        collected.left_out(reason, count)
    collected.samples += fetched.parsed.samples
    collected.sources.append(fetched.source)
    collected.fetched_at = max(collected.fetched_at or fetched.fetched_at, fetched.fetched_at)
    if rows:
        kept = pa.Table.from_pylist(rows, schema=pa.schema([NEWS.arrow.field(name) for name in _COLUMNS]))
        collected.tables.append(
            stamped(kept, fetched, kept.column("published_at"), is_simulated=workspace.is_simulated)
        )


def _tags(
    item: dict[str, object],
    canonical: Callable[[str, Spelling], str | None],
    spelling: Spelling,
    by_cik: dict[str, list[str]],
    tagger: NameTagger,
) -> tuple[list[str], bool]:
    """Return the symbols of an item and whether its source named them."""
    own = [canonical(text, spelling) for text in str(item["source_symbols"]).split(",") if text]
    own += by_cik.get(str(item["cik"]), []) if item["cik"] else []
    named = list(dict.fromkeys(symbol for symbol in own if symbol))
    if named or item["source_symbols"] or item["cik"]:
        return named, True
    return tagger.symbols(str(item["title"]), str(item["summary"] or "")), False


def _row(item: dict[str, object], symbol: str, source: str, *, is_own: bool) -> dict[str, object]:
    published_at = item["published_at"]
    assert isinstance(published_at, datetime)  # noqa: S101 - the column is an instant
    return {
        "trade_date": exchange_date(published_at),
        "symbol": symbol,
        "feed": source,
        "is_tagged_by_source": is_own,
        **{
            name: item[name]
            for name in ("item_id", "published_at", "publisher", "title", "summary", "url", "form", "filing_items",
                         "vendor_sentiment")
        },
    }  # fmt: skip


def _stored(workspace: Workspace, day: date, collected: _Collected) -> Ingested:
    """Write the rows by date; the report is about everything this fetch brought."""
    assert collected.fetched_at is not None  # noqa: S101 - the caller checked
    columns = NEWS.given_names
    tables = [table.select(columns) for table in collected.tables]
    whole = pa.concat_tables(tables) if tables else NEWS.arrow.empty_table()
    rows_new = 0
    days = {*whole.column("trade_date").unique().to_pylist(), day}
    for key in sorted(days):
        rows = _first_of_each(whole.filter(pc.equal(whole.column("trade_date"), pa.scalar(key, pa.date32()))))
        rows_new += workspace.write(NEWS, key.isoformat(), rows, collected.fetched_at).rows_new
    notes = {"failed_feeds": "; ".join(map(str, collected.errors))} if collected.errors else {}
    return Ingested(
        NEWS.name, day.isoformat(), whole.num_rows, rows_new, collected.rejected,
        tuple(collected.samples[:SAMPLES]), notes, collected.fetched_at,
        "+".join(collected.sources),
    )  # fmt: skip


def _first_of_each(rows: pa.Table) -> pa.Table:
    numbered = rows.append_column("row_number", pa.array(range(rows.num_rows), pa.int64()))
    keys = numbered.group_by(list(NEWS.key), use_threads=False).aggregate([("row_number", "min")])
    return rows.take(keys.column("row_number_min"))
