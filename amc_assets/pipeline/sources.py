"""The provider clients of a run: real hosts, or a replay server that they cannot tell apart."""

import random
from dataclasses import fields
from datetime import date
from functools import partial

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine

from amc_assets.clock import Clock, HurriedClock, MarketClock
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.audit_sink import DatabaseAudit
from amc_assets.pipeline.recorded_transport import RecordedTransport, Recording
from amc_assets.pipeline.road_state import open_cache, open_state
from amc_assets.providers.alpha_vantage.client import AlphaVantage
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.finra.token import TokenSource
from amc_assets.providers.nasdaq.client import Nasdaq
from amc_assets.providers.news.client import News
from amc_assets.providers.nyse.client import Nyse
from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.road.breaker import Breakers
from amc_assets.providers.road.limiter import Limiter, SharedLimiter, Unlimited
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.retry_budget import RetryBudget
from amc_assets.providers.sec.client import Sec
from amc_assets.providers.transport import Transport
from amc_assets.providers.treasury.client import Treasury
from amc_assets.providers.yahoo.client import YahooOptions
from amc_assets.settings import KNOWN_PROVIDERS, Plan, Settings


class Sources:
    """Clients per day: each call is told the clock of the day it is for, so a replay cannot look past it."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        *,
        name: str,
        client: httpx.Client,
        market_clock: MarketClock | None = None,
        bars_basis_date: date | None = None,
        first_day: date | None = None,
        recording: Recording | None = None,
    ) -> None:
        self.name = name
        self._recording = recording
        self.first_day = first_day
        self.is_replay = market_clock is not None
        self.bars_basis_date = bars_basis_date
        self.settings = settings
        self._clock = clock
        self._market_clock = market_clock
        self._is_paced = market_clock is None or isinstance(market_clock, HurriedClock)
        self._client = client
        self._audit = DatabaseAudit(engine, clock if market_clock is None else None)
        self._limits = {provider: road_limits(settings, provider) for provider in KNOWN_PROVIDERS}
        self.state = open_state(settings, market_clock if self._is_paced else None, is_replay=self.is_replay)
        self._token: TokenSource | None = None
        self._cache = None if self.is_replay else open_cache(settings, clock)

    def uses(self, provider: str) -> bool:
        """Say whether a provider is asked: the plan has it, and it has the key or contact it wants."""
        return self.settings.uses(provider) and (provider != "sec" or self.settings.contact is not None)

    @property
    def has_options(self) -> bool:
        """Say whether Alpha Vantage or Polygon give option chains: paid plans do, and a replay server without one."""
        is_open = self.is_replay and not self._is_paced
        return is_open or self.settings.plan is Plan.BRIEF

    def why_not_recorded(self, dataset: str) -> str:
        """Return why a replay of recorded days has no answer for a dataset; empty when it can be asked."""
        return "" if self._recording is None else self._recording.why_not_recorded(dataset)

    def clock_for(self, day: date) -> Clock:
        """Return the clock to use for ``day``: in a replay it stands at that day's end, never later than now.

        Where a plan is tried, the calendar stands at now whatever the day: a user asks for last month's bars today.
        """
        if self._market_clock is None:
            return self._clock
        if isinstance(self._market_clock, HurriedClock):
            self._market_clock.at = max(self._market_clock.at, self._clock.now())
            return self._market_clock
        self._market_clock.at = min(self._clock.now(), end_of_day_as_of(day))
        return MarketClock(self._market_clock.at)

    def calls_left(self, provider: str, day: date) -> int | None:
        """Return how many calls the provider's daily quota has left; None without a quota."""
        limits = self._limits[provider]
        if limits.per_day is None or not self._is_paced:
            return None
        return SharedLimiter(self.state, self.clock_for(day)).left(provider, limits).left

    def finra(self, day: date) -> Finra:
        """Return the FINRA client as of ``day``."""
        clock = self.clock_for(day)
        transport = self._transport(clock)
        return Finra(
            transport,
            api_base_url=self.settings.finra_api_base_url,
            cdn_base_url=self.settings.finra_cdn_base_url,
            clock=clock,
            token=self._finra_token(transport, clock),
        )

    def _finra_token(self, transport: Transport, clock: Clock) -> TokenSource | None:
        """Return the one source of tokens of this installation; None without client id and secret."""
        identifier, secret = self.settings.finra_client_id, self.settings.finra_client_secret
        if self._token is None and identifier is not None and secret is not None:
            url = self.settings.finra_token_url
            self._token = TokenSource(transport, url, identifier.get_secret_value(), secret.get_secret_value(), clock)
        return self._token

    def polygon(self, day: date) -> Polygon:
        """Return the Polygon client as of ``day``."""
        key = _revealed(self.settings.polygon_api_key)
        return Polygon(self._transport(self.clock_for(day)), base_url=self.settings.polygon_base_url, api_key=key)

    def alpha_vantage(self, day: date) -> AlphaVantage:
        """Return the Alpha Vantage client as of ``day``."""
        key = _revealed(self.settings.alpha_vantage_api_key)
        return AlphaVantage(self._transport(self.clock_for(day)), self.settings.alpha_vantage_base_url, key)

    def nasdaq(self, day: date) -> Nasdaq:
        """Return the Nasdaq client as of ``day``."""
        clock = self.clock_for(day)
        return Nasdaq(
            self._transport(clock),
            base_url=self.settings.nasdaq_base_url,
            api_base_url=self.settings.nasdaq_api_base_url,
            clock=clock,
        )

    def nyse(self, day: date) -> Nyse:
        """Return the NYSE client as of ``day``."""
        clock = self.clock_for(day)
        return Nyse(self._transport(clock), self.settings.nyse_base_url, clock)

    def sec(self, day: date) -> Sec:
        """Return the SEC client as of ``day``."""
        return Sec(
            self._transport(self.clock_for(day)),
            self.settings.sec_base_url,
            self.settings.sec_data_base_url,
            has_contact=self.settings.contact is not None,
        )

    def treasury(self, day: date) -> Treasury:
        """Return the Treasury client as of ``day``."""
        return Treasury(self._transport(self.clock_for(day)), self.settings.treasury_base_url)

    def news(self, day: date) -> News:
        """Return the client of the press wires as of ``day``."""
        return News(
            self._transport(self.clock_for(day)),
            self.settings.globenewswire_base_url,
            self.settings.prnewswire_base_url,
            self.settings.yahoo_feeds_base_url,
        )

    def yahoo(self, day: date) -> YahooOptions:
        """Return Yahoo's option chains as of ``day``; its library asks the real host, so never in a replay."""
        return YahooOptions(self._transport(self.clock_for(day)))

    def breakers(self) -> Breakers:
        """Return the breakers of every provider, as of now."""
        enabled = self.settings.circuit_breaker_global_enabled
        return Breakers(self.state, self._limits, self._audit, self._clock, enabled=enabled)

    def limits(self, provider: str) -> RoadLimits:
        """Return the limits in force for one provider."""
        return self._limits[provider]

    def _transport(self, clock: Clock) -> Transport:
        limiter: Limiter = SharedLimiter(self.state, clock) if self._is_paced else Unlimited()
        enabled = self.settings.circuit_breaker_global_enabled
        contact = self.settings.contact or "no contact given, set AMC_CONTACT"
        kind = Transport if self._recording is None else partial(RecordedTransport, self._recording)
        return kind(
            limits=self._limits,
            limiter=limiter,
            breakers=Breakers(self.state, self._limits, self._audit, clock, enabled=enabled),
            audit=self._audit,
            clock=clock,
            randomness=random.random,
            client=self._client,
            user_agent=f"amc_assets/0.1 ({contact})",
            retry_budget=RetryBudget(self.state) if self._is_paced else None,
            cache=self._cache,
        )


def _revealed(key: SecretStr | None) -> str:
    return key.get_secret_value() if key else ""


def road_limits(settings: Settings, provider: str) -> RoadLimits:
    """Return the limits of one provider as the road out takes them."""
    limits = settings.limits(provider)
    return RoadLimits(**{field.name: getattr(limits, field.name) for field in fields(RoadLimits)})
