"""Alpha Vantage's part of the server: one path, a function per question, refusals with status 200."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np

from amc_assets.market.calendar import MarketSession, is_session, session_of
from amc_assets.replay import alpha_vantage_refusals as refusals
from amc_assets.replay import wire_alpha_vantage, wire_alpha_vantage_lists
from amc_assets.replay.answers import Answer
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.market import Listing
from amc_assets.replay.minute_bars import MinuteBars
from amc_assets.replay.site import Routed, Site, WireRequest
from amc_assets.replay.spelling import canonical_from_dashed
from amc_assets.replay.symbol_history import newest_bars

PATH = "/query"
COMPACT_ROWS, FULL_ROWS = 100, 5000
NEWS_DAYS, MOST_NEWS = 30, 1000
_FUNCTIONS = {
    "OVERVIEW": Dataset.OVERVIEW,
    "GLOBAL_QUOTE": Dataset.GLOBAL_QUOTE,
    "TIME_SERIES_DAILY": Dataset.DAILY_BARS_COMPACT,
    "TIME_SERIES_INTRADAY": Dataset.INTRADAY_BARS,
    "NEWS_SENTIMENT": Dataset.NEWS_SENTIMENT,
    "HISTORICAL_OPTIONS": Dataset.HISTORICAL_OPTIONS,
    "REALTIME_OPTIONS": Dataset.REALTIME_OPTIONS,
}
_AS_CSV = {
    Dataset.DAILY_BARS_COMPACT: Dataset.DAILY_BARS_COMPACT_CSV,
    Dataset.INTRADAY_BARS: Dataset.INTRADAY_BARS_CSV,
}
_COMPANIES = frozenset({"CS", "ADRC"})
_INTERVALS = {"1min": 1, "5min": 5, "15min": 15, "30min": 30, "60min": 60}
_CSV_HEADERS = {"Content-Type": "application/x-download", "Content-Disposition": "attachment;filename=series.csv"}


class AlphaVantageRoutes:
    """Answers ``/query`` for one market."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._answers: dict[Dataset, Callable[[Routed], Answer | None]] = {
            Dataset.OVERVIEW: self._overview,
            Dataset.GLOBAL_QUOTE: self._global_quote,
            Dataset.DAILY_BARS_COMPACT: self._daily,
            Dataset.DAILY_BARS_COMPACT_CSV: self._daily,
            Dataset.INTRADAY_BARS: self._intraday,
            Dataset.INTRADAY_BARS_CSV: self._intraday,
            Dataset.NEWS_SENTIMENT: self._news,
            Dataset.HISTORICAL_OPTIONS: self._historical_options,
            Dataset.REALTIME_OPTIONS: self._realtime_options,
        }

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:
        """Return the dataset that ``function`` and ``datatype`` ask for; None for another path."""
        if path != PATH:
            return None
        dataset = _FUNCTIONS.get(params.get("function", ""), Dataset.ALPHA_VANTAGE_OTHER)
        return _AS_CSV.get(dataset, dataset) if params.get("datatype") == "csv" else dataset

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:  # noqa: ARG002
        """Return the sentence about the key unless the query holds it."""
        key = routed.params.get("apikey", "")
        if key == self._site.alpha_vantage_key:
            return None
        self._site.refusals.count("alpha_vantage", "bad_key" if key else "no_key")
        return refusals.bad_key()

    def answer(self, routed: Routed, request: WireRequest) -> Answer:  # noqa: ARG002
        """Return the answer to one function."""
        give = self._answers.get(routed.dataset)
        answer = None if give is None else give(routed)
        return answer or refusals.bad_call(routed.params.get("function", "the function"))

    def _overview(self, routed: Routed) -> Answer | None:
        listing = self._listing(routed)
        if listing is None or listing.polygon_type not in _COMPANIES:
            return Answer(200, b"{}")
        site, today = self._site, self._site.gate.today
        counts = [row for row in site.market.share_counts() if row.symbol == listing.symbol and row.filed_date <= today]
        newest_count = max(counts, key=lambda row: (row.filed_date, row.end_date), default=None)
        known = site.floats().get(listing.symbol)
        outstanding = known.outstanding_shares if known is not None else None
        if newest_count is not None:
            outstanding = newest_count.outstanding_shares
        bars = newest_bars(site.market, listing.symbol, today, 1, is_out=site.gate.has_bars)
        body = wire_alpha_vantage.overview(
            listing,
            cik=newest_count.cik if newest_count else None,
            outstanding_shares=outstanding,
            float_shares=known.float_shares if known else None,
            quarter=newest_count.end_date if newest_count else None,
            newest=bars[0] if bars else None,
        )
        return Answer(200, body)

    def _global_quote(self, routed: Routed) -> Answer | None:
        symbol = self._symbol(routed)
        bars = newest_bars(self._site.market, symbol, self._site.gate.today, 2, is_out=self._site.gate.has_bars)
        return Answer(200, wire_alpha_vantage.global_quote(symbol, bars))

    def _daily(self, routed: Routed) -> Answer | None:
        size = routed.params.get("outputsize", "compact")
        symbol, gate = self._symbol(routed), self._site.gate
        count = FULL_ROWS if size == "full" else COMPACT_ROWS
        bars = newest_bars(self._site.market, symbol, gate.today, count, is_out=gate.has_bars)
        if not bars:
            return None
        if routed.dataset is Dataset.DAILY_BARS_COMPACT_CSV:
            return Answer(200, wire_alpha_vantage.daily_csv(bars), _CSV_HEADERS)
        return Answer(200, wire_alpha_vantage.daily_series(symbol, bars, is_full=size == "full"))

    def _intraday(self, routed: Routed) -> Answer | None:
        params = routed.params
        minutes, days = _INTERVALS.get(params.get("interval", "")), self._month_days(params.get("month"))
        symbol = self._symbol(routed)
        if minutes is None or days is None:
            return None
        found = [bars for day in days if (bars := self._site.market.minute_bars(symbol, day)) is not None]
        bars = MinuteBars.joined(found)
        if bars is None:
            return None
        bars = bars.before(self._site.gate.now.timestamp()).per(minutes)
        if params.get("extended_hours", "true") == "false":
            bars = _regular_hours(bars)
        if params.get("outputsize", "compact") != "full":
            bars = bars.newest(COMPACT_ROWS)
        if not len(bars.start_seconds):
            return None
        if routed.dataset is Dataset.INTRADAY_BARS_CSV:
            return Answer(200, wire_alpha_vantage.intraday_csv(bars), _CSV_HEADERS)
        is_full = params.get("outputsize") == "full"
        interval = params["interval"]
        return Answer(200, wire_alpha_vantage.intraday_series(symbol, bars, interval=interval, is_full=is_full))

    def _news(self, routed: Routed) -> Answer | None:
        params, now = routed.params, self._site.gate.now
        try:
            since = _instant(params["time_from"]) if "time_from" in params else now - timedelta(days=NEWS_DAYS)
            until = min(now, _instant(params["time_to"])) if "time_to" in params else now
            most = min(int(params.get("limit", "50")), MOST_NEWS)
        except ValueError:
            return None
        wanted = {canonical_from_dashed(ticker) for ticker in params.get("tickers", "").split(",") if ticker}
        items = [
            item
            for item in self._site.market.news(since, until)
            if item.wire == "alpha_vantage" and wanted <= set(item.symbols) and item.published_at <= now
        ]
        if params.get("sort", "LATEST") != "EARLIEST":
            items.reverse()
        return Answer(200, wire_alpha_vantage_lists.news_feed(items[:most]))

    def _historical_options(self, routed: Routed) -> Answer | None:
        text = routed.params.get("date")
        try:
            day = date.fromisoformat(text) if text else self._site.newest_bar_day()
        except ValueError:
            return None
        return self._chain(routed, day, "Historical Options", with_greeks=True)

    def _realtime_options(self, routed: Routed) -> Answer | None:
        greeks = routed.params.get("require_greeks") == "true"
        return self._chain(routed, self._site.newest_bar_day(), "Realtime Options", with_greeks=greeks)

    def _chain(self, routed: Routed, day: date | None, endpoint: str, *, with_greeks: bool) -> Answer | None:
        if day is None or "symbol" not in routed.params:
            return None
        is_out = self._site.gate.has_bars(day)
        chain = self._site.market.option_chain(self._symbol(routed), day) if is_out else None
        body = wire_alpha_vantage_lists.option_chain(chain, day, endpoint=endpoint, with_greeks=with_greeks)
        return Answer(200, body)

    def _symbol(self, routed: Routed) -> str:
        return canonical_from_dashed(routed.params.get("symbol", ""))

    def _listing(self, routed: Routed) -> Listing | None:
        return self._site.listings().get(self._symbol(routed))

    def _month_days(self, month: str | None) -> list[date] | None:
        today = self._site.gate.today
        try:
            first = date.fromisoformat(f"{month}-01") if month else today - timedelta(days=30)
        except ValueError:
            return None
        last = (first.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1) if month else today
        days = [first + timedelta(days=number) for number in range((min(last, today) - first).days + 1)]
        return [day for day in days if self._site.gate.market_has(day) and is_session(day)]


def _regular_hours(bars: MinuteBars) -> MinuteBars:
    starts = (datetime.fromtimestamp(start, UTC) for start in bars.start_seconds.tolist())
    return bars.where(np.array([session_of(at).session is MarketSession.REGULAR for at in starts], dtype=bool))


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=UTC)
