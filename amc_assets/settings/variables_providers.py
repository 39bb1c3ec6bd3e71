"""Variables of the data providers: addresses, keys, limits, breakers, mocks."""

from typing import Annotated, ClassVar

from pydantic import Field

from amc_assets.settings.about import About
from amc_assets.settings.base import VariableGroup
from amc_assets.settings.rules import Address, ApiKey, Flag

_PER_MINUTE = "calls per minute"
_FAILURES = "consecutive failures"


class FinraVariables(VariableGroup):
    """FINRA: short volume and short interest. Free, no key needed."""

    GROUP: ClassVar[str] = "FINRA"

    finra_api_base_url: Annotated[
        Address, About("Address of FINRA's query API.", "short interest and short volume by API")
    ] = "https://api.finra.org/data/group/otcMarket/name"
    finra_cdn_base_url: Annotated[
        Address, About("Address of FINRA's plain files.", "the daily short-volume and short-interest files")
    ] = "https://cdn.finra.org"
    finra_api_rate_limit: Annotated[
        int,
        Field(ge=1, le=1200),
        About("Calls allowed to FINRA; FINRA itself allows 1,200.", "FINRA calls", unit=_PER_MINUTE),
    ] = 60
    finra_circuit_breaker_threshold: Annotated[
        int,
        Field(ge=1, le=100),
        About("Failures in a row that open FINRA's breaker.", "FINRA calls", unit=_FAILURES),
    ] = 3
    finra_circuit_breaker_timeout: Annotated[
        int,
        Field(ge=1, le=86_400),
        About("How long FINRA's open breaker refuses calls before one probe.", "FINRA calls", unit="seconds"),
    ] = 300
    finra_client_id: Annotated[
        ApiKey | None,
        About(
            "Client id of an optional FINRA token; used with FINRA_CLIENT_SECRET.",
            "FINRA calls with a token",
            lost="nothing while FINRA answers without a token",
            get="free public credentials: FINRA API Console, https://gateway.finra.org",
        ),
    ] = None
    finra_client_secret: Annotated[
        ApiKey | None,
        About(
            "Secret of an optional FINRA token; used with FINRA_CLIENT_ID.",
            "FINRA calls with a token",
            lost="nothing while FINRA answers without a token",
            get="free public credentials: FINRA API Console, https://gateway.finra.org",
        ),
    ] = None
    finra_token_url: Annotated[
        Address, About("Address that gives the optional FINRA token.", "FINRA calls with a token")
    ] = "https://ews.fip.finra.org/fip/rest/ews/oauth2/access_token"  # noqa: S105 - an address
    mock_finra_data_enabled: Annotated[
        Flag,
        About("Take FINRA data from the replay server; every row is then marked simulated.", "FINRA data"),
    ] = False


class AlphaVantageVariables(VariableGroup):
    """Alpha Vantage: float, news, and options on paid plans."""

    GROUP: ClassVar[str] = "Alpha Vantage"

    alpha_vantage_api_key: Annotated[
        ApiKey | None,
        About(
            "Key of Alpha Vantage.",
            "float, company overview and news of Alpha Vantage; options on a paid plan",
            lost="float of candidates and news sentiment; short interest stays a count of shares",
            get="free key: https://www.alphavantage.co/support/#api-key",
        ),
    ] = None
    alpha_vantage_base_url: Annotated[Address, About("Address of Alpha Vantage.", "Alpha Vantage calls")] = (
        "https://www.alphavantage.co/query"
    )
    alpha_vantage_rate_limit: Annotated[
        int,
        Field(ge=1, le=1200),
        About(
            "Calls allowed to Alpha Vantage; the `free` plan also stops at 25 a day.",
            "Alpha Vantage calls",
            unit=_PER_MINUTE,
        ),
    ] = 5
    alpha_vantage_circuit_breaker_threshold: Annotated[
        int,
        Field(ge=1, le=100),
        About("Failures in a row that open Alpha Vantage's breaker.", "Alpha Vantage calls", unit=_FAILURES),
    ] = 2
    alpha_vantage_circuit_breaker_timeout: Annotated[
        int,
        Field(ge=1, le=86_400),
        About(
            "How long Alpha Vantage's open breaker refuses calls before one probe.",
            "Alpha Vantage calls",
            unit="seconds",
        ),
    ] = 180
    mock_alpha_vantage_data_enabled: Annotated[
        Flag,
        About(
            "Take Alpha Vantage data from the replay server; every row is then marked simulated.",
            "Alpha Vantage data",
        ),
    ] = False


class PolygonVariables(VariableGroup):
    """Polygon (now Massive): bars of the whole market in one call, VWAP, reference data."""

    GROUP: ClassVar[str] = "Polygon"

    polygon_api_key: Annotated[
        ApiKey | None,
        About(
            "Key of Polygon (Massive); keys of both names are the same.",
            "daily bars, VWAP and reference data of Polygon",
            lost="open, high, low and VWAP: ATR and VWAP gates cannot be evaluated",
            get="free key: https://polygon.io/dashboard/signup",
        ),
    ] = None
    polygon_base_url: Annotated[
        Address, About("Address of Polygon; https://api.massive.com answers too.", "Polygon calls")
    ] = "https://api.polygon.io"
    polygon_rate_limit: Annotated[
        int, Field(ge=1, le=6000), About("Calls allowed to Polygon.", "Polygon calls", unit=_PER_MINUTE)
    ] = 100
    polygon_circuit_breaker_threshold: Annotated[
        int,
        Field(ge=1, le=100),
        About("Failures in a row that open Polygon's breaker.", "Polygon calls", unit=_FAILURES),
    ] = 5
    polygon_circuit_breaker_timeout: Annotated[
        int,
        Field(ge=1, le=86_400),
        About("How long Polygon's open breaker refuses calls before one probe.", "Polygon calls", unit="seconds"),
    ] = 120


class OpenSourceVariables(VariableGroup):
    """Sources without a key: exchanges, SEC, Treasury, news wires, Yahoo."""

    GROUP: ClassVar[str] = "Sources without a key"

    nasdaq_base_url: Annotated[
        Address,
        About("Address of Nasdaq's symbol directory, threshold list and halts.", "the symbol directory"),
    ] = "https://www.nasdaqtrader.com"
    nasdaq_api_base_url: Annotated[
        Address,
        About("Address of Nasdaq's screener: the whole market's last sale and volume.", "bars of plan `keyless`"),
    ] = "https://api.nasdaq.com"
    nyse_base_url: Annotated[
        Address, About("Address of the NYSE group's threshold lists.", "the threshold list of NYSE names")
    ] = "https://www.nyse.com"
    sec_base_url: Annotated[
        Address,
        About("Address of the SEC's filing feed, company tickers and fails to deliver.", "filings and fails"),
    ] = "https://www.sec.gov"
    sec_data_base_url: Annotated[
        Address, About("Address of the SEC's company facts.", "shares outstanding of the SEC")
    ] = "https://data.sec.gov"
    treasury_base_url: Annotated[
        Address, About("Address of the Treasury's daily bill rates.", "option-implied borrow and forwards")
    ] = "https://home.treasury.gov"
    globenewswire_base_url: Annotated[
        Address, About("Address of GlobeNewswire's feed.", "press releases of GlobeNewswire")
    ] = "https://www.globenewswire.com"
    prnewswire_base_url: Annotated[
        Address, About("Address of PR Newswire's feed.", "press releases of PR Newswire")
    ] = "https://www.prnewswire.com"
    yahoo_feeds_base_url: Annotated[Address, About("Address of Yahoo's headline feed.", "headlines of Yahoo")] = (
        "https://feeds.finance.yahoo.com"
    )
    yahoo_options: Annotated[
        Flag,
        About(
            "Take option chains from Yahoo through yfinance on plans without paid options. "
            "You thereby accept Yahoo's terms: personal use, no redistribution.",
            "option chains of Yahoo",
            name="AMC_YAHOO_OPTIONS",
        ),
    ] = False
