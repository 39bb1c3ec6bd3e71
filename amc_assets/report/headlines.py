"""Headlines, filings and halts of a candidate: what the sources wrote, untrusted, with two readings beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from amc_assets.reasons import MEANING, Reason
from amc_assets.report import figures
from amc_assets.report.evidence import Evidence, Halt, NewsItem
from amc_assets.report.links import host_of, safe_address
from amc_assets.report.tables import Cell, Table, Tone, columns, rows

MOST_ITEMS = 8
HALT_DAYS = 7
_CLEAR_DIRECTION = 0.2  # from here a headline counts as a catalyst (features: has_news_catalyst)
_ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "1.01": "material agreement", "1.02": "end of an agreement", "1.03": "bankruptcy",
        "2.01": "acquisition or disposal completed", "2.02": "results", "2.03": "new debt", "3.01": "delisting notice",
        "3.02": "unregistered sale of shares", "5.01": "change of control", "5.02": "directors and officers",
        "5.03": "charter or bylaws", "5.07": "shareholder vote", "7.01": "disclosure", "8.01": "other events",
        "9.01": "exhibits",
    }
)  # fmt: skip
_HALTS: Mapping[str, str] = MappingProxyType(
    {
        "T1": "news pending", "T2": "news released", "T3": "news and resumption times", "T5": "single-stock pause",
        "T6": "extraordinary market activity", "T8": "exchange-traded fund", "T12": "more information asked for",
        "H4": "not in compliance", "H9": "filings not current", "H10": "SEC suspension", "H11": "regulatory concern",
        "LUDP": "volatility pause", "LUDS": "volatility pause, straddle", "M": "volatility pause",
        "D": "delisted", "IPO1": "new issue not yet trading", "MWC1": "market-wide pause, level 1",
        "MWC2": "market-wide pause, level 2", "MWC3": "market-wide halt, level 3",
    }
)  # fmt: skip


@dataclass(frozen=True)
class NewsBlock:
    """What the page shows of a candidate's news; a sentence stands where a table does not."""

    news: Table | None
    news_sentence: str
    halts: Table | None
    halts_sentence: str


def news_block(symbol: str, evidence: Evidence) -> NewsBlock:
    """Return the newest eight items and the halts of the week."""
    items, halts = evidence.news[:MOST_ITEMS], evidence.halts
    return NewsBlock(
        news=_news_table(symbol, items) if items else None,
        news_sentence="" if items else _no_news(evidence),
        halts=_halt_table(symbol, halts) if halts else None,
        halts_sentence="" if halts else _no_halts(evidence),
    )


def _no_news(evidence: Evidence) -> str:
    if evidence.news_reason is Reason.PRESENT:
        return f"No headline or filing of the last {evidence.news_days} days names it."
    return f"Headlines were not read: {_why(evidence.news_reason)}"


def _no_halts(evidence: Evidence) -> str:
    if evidence.halts_reason is Reason.PRESENT:
        return f"No trading halt in the last {HALT_DAYS} days."
    return f"Trading halts were not read: {_why(evidence.halts_reason)}"


def _why(reason: Reason) -> str:
    return f"{reason.value}, {MEANING[reason]}."


def _news_table(symbol: str, items: tuple[NewsItem, ...]) -> Table:
    made = [
        (
            Cell(figures.new_york(item.published_at), title=figures.utc(item.published_at)),
            _title(item),
            _publisher(item),
            _direction(item.direction),
            _polarity(item.stock_polarity),
        )
        for item in items
    ]
    heads = columns(
        "Published, New York", "Headline or filing", "Publisher", ("Direction", "ours, -1..1"),
        ("TextBlob", "stock, -1..1"),
    )  # fmt: skip
    return Table(f"Latest headlines and filings of {symbol}", heads, rows(made))


def _title(item: NewsItem) -> Cell:
    return Cell(item.title or "untitled", note=_filing(item))


def _filing(item: NewsItem) -> str:
    """Return form and items in words: 8-K, items 2.02 results, 9.01 exhibits."""
    named = [one.strip() for one in item.filing_items.split(",") if one.strip()]
    words = ", ".join(f"{one} {_ITEMS.get(one, '')}".strip() for one in named)
    return f"{item.form}, items {words}" if words else item.form


def _publisher(item: NewsItem) -> Cell:
    first, *others = item.publishers or ("not named",)
    address = safe_address(item.url)
    note = "" if not others else f"and {len(others)} more"
    return Cell(first, note=note, title=", ".join(others), link=address, link_text=host_of(address) if address else "")


def _direction(value: float | None) -> Cell:
    if value is None:
        return Cell("event", title="a filing counts by its form and items, not by its title", tone="muted")
    tone: Tone = "good" if value >= _CLEAR_DIRECTION else "bad" if value <= -_CLEAR_DIRECTION else ""
    return Cell(f"{value:+.2f}", tone=tone)


def _polarity(value: float | None) -> Cell:
    return Cell("event", tone="muted") if value is None else Cell(f"{value:+.2f}", tone="muted")


def _halt_table(symbol: str, halts: tuple[Halt, ...]) -> Table:
    made = [
        (
            Cell(figures.new_york(halt.halted_at), title=figures.utc(halt.halted_at)),
            Cell(figures.new_york(halt.resumed_at), title=figures.utc(halt.resumed_at))
            if halt.resumed_at is not None
            else Cell("no resumption known", tone="warn"),
            Cell(halt.reason_code, note=_HALTS.get(halt.reason_code, "")),
        )
        for halt in halts
    ]
    heads = columns("Halted, New York", "Resumed", "Why")
    return Table(f"Trading halts of {symbol} in the last {HALT_DAYS} days", heads, rows(made))
