"""Alpha Vantage: company overviews, quotes, bars and news with a key; option chains on a premium plan."""

from datetime import date, datetime

from amc_assets.providers.alpha_vantage.bars import (
    daily_request,
    intraday_request,
    parse_daily,
    parse_daily_csv,
    parse_intraday,
    parse_intraday_csv,
)
from amc_assets.providers.alpha_vantage.company import (
    global_quote_request,
    overview_request,
    parse_global_quote,
    parse_overview,
)
from amc_assets.providers.alpha_vantage.news import news_sentiment_request, parse_news_sentiment
from amc_assets.providers.alpha_vantage.options import historical_options_request, parse_historical_options
from amc_assets.providers.alpha_vantage.refusals import read_refusal
from amc_assets.providers.exchange import Fetched, Parser, Request
from amc_assets.providers.transport import Transport


class AlphaVantage:
    """Reads Alpha Vantage, one symbol per call; the key is sent as a parameter and shown nowhere.

    ``base_url`` is the whole address of its one endpoint, ``.../query``. Every method raises ProviderError only:
    NotEntitled where the plan lacks the data, QuotaSpent when the day's calls are used up, NotFound for a symbol that
    the provider does not know.
    """

    def __init__(self, transport: Transport, base_url: str, api_key: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._api_key = api_key

    def __repr__(self) -> str:
        """Name the address, never the key."""
        return f"AlphaVantage(base_url={self._base_url!r})"

    def overview(self, symbol: str) -> Fetched:
        """Return shares outstanding, float, sector and capitalisation: today's values, with their quarter."""
        return self._fetch(overview_request(self._base_url, self._api_key, symbol), parse_overview)

    def global_quote(self, symbol: str) -> Fetched:
        """Return the bar of the last session and the close before it."""
        return self._fetch(global_quote_request(self._base_url, self._api_key, symbol), parse_global_quote)

    def intraday(self, symbol: str, month: date, *, as_csv: bool = False) -> Fetched:
        """Return the five-minute bars of the month of ``month`` (premium); CSV is a third of the size, unnamed."""
        request = intraday_request(self._base_url, self._api_key, symbol, month, as_csv=as_csv)
        return self._fetch(request, parse_intraday_csv if as_csv else parse_intraday)

    def daily(self, symbol: str, *, as_csv: bool = False) -> Fetched:
        """Return the last hundred daily bars, as traded."""
        request = daily_request(self._base_url, self._api_key, symbol, as_csv=as_csv)
        return self._fetch(request, parse_daily_csv if as_csv else parse_daily)

    def news_sentiment(self, symbol: str, since: datetime) -> Fetched:
        """Return the news about ``symbol`` published since ``since`` (UTC-aware), at most a thousand items."""
        return self._fetch(news_sentiment_request(self._base_url, self._api_key, symbol, since), parse_news_sentiment)

    def historical_options(self, symbol: str, day: date) -> Fetched:
        """Return the option chain of ``symbol`` at the close of the session ``day`` (premium)."""
        request = historical_options_request(self._base_url, self._api_key, symbol, day)
        return self._fetch(request, parse_historical_options)

    def _fetch(self, request: Request, parse: Parser) -> Fetched:
        return self._transport.fetch(request, parse, read_refusal)
