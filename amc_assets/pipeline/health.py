"""Probing: one cheap request per provider through the one road, and what it says about network, key and clock."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from sqlalchemy import Engine

from amc_assets.clock import Clock
from amc_assets.market.calendar import exchange_date, previous_session
from amc_assets.pipeline.sources import Sources
from amc_assets.providers.errors import (
    BreakerOpen,
    NotEntitled,
    NotFound,
    NotYetPublished,
    ProviderError,
    QuotaSpent,
    Unauthorized,
)
from amc_assets.providers.exchange import Fetched
from amc_assets.providers.nyse.threshold import MARKETS
from amc_assets.settings import Settings

SPARED_CALLS = 5  # of a daily quota: the last calls of a day belong to the candidates
PROBE_SECONDS = 20.0
FILING_WINDOW = timedelta(minutes=10)
_ANSWERED = (NotFound, NotYetPublished, NotEntitled)
"""Refusals that prove that the provider answers and takes the key: the day, or the plan, has nothing for us."""

Ask = Callable[[Sources, date], Fetched | None]


class BriefSources(Sources):
    """Sources that ask once and not for long: a look at a sick provider must not open its breaker by itself."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock, client: httpx.Client) -> None:
        super().__init__(settings, engine, clock, name="live", client=client)
        self._limits = {
            name: replace(limits, retry_attempts=1, total_seconds=min(limits.total_seconds, PROBE_SECONDS))
            for name, limits in self._limits.items()
        }


@dataclass(frozen=True)
class Probe:
    """What one request to a provider showed.

    ``is_reachable`` and ``is_key_accepted`` are None where the request could not tell. ``skew_seconds`` is the
    machine's clock minus the provider's, None without a Date header; it is as coarse as that header: one second.
    """

    provider: str
    is_reachable: bool | None
    is_key_accepted: bool | None
    latency_ms: int | None
    skew_seconds: float | None
    said: str


def probe(sources: Sources, provider: str, clock: Clock) -> Probe:
    """Ask ``provider`` for something small; never raises a ProviderError: what went wrong is the result."""
    today = exchange_date(clock.now())
    left = sources.calls_left(provider, today)
    if left is not None and left <= SPARED_CALLS:
        return _not_asked(provider, f"{left} calls are left of today's quota")
    if provider not in PROBES:
        return _not_asked(provider, NO_PROBE[provider])
    started = clock.monotonic()
    fetched, fault = None, None
    try:
        fetched = PROBES[provider](sources, previous_session(today))
    except ProviderError as error:
        fault = error
    latency_ms = round(1000 * (clock.monotonic() - started))
    if fault is not None:
        is_reachable, is_key_accepted = _told_by(fault)
        return Probe(provider, is_reachable, is_key_accepted, latency_ms if is_reachable else None, None, str(fault))
    skew = skew_seconds(fetched.headers, fetched.fetched_at) if fetched and not fetched.is_cached else None
    return Probe(provider, True, True, latency_ms, skew, "answered")


def probe_all(sources: Sources, providers: Sequence[str], clock: Clock) -> list[Probe]:
    """Probe several providers at once, results in the order given: a hanging one does not keep the others waiting."""
    with ThreadPoolExecutor(max_workers=max(len(providers), 1), thread_name_prefix="probe") as pool:
        return list(pool.map(lambda provider: probe(sources, provider, clock), providers))


def _not_asked(provider: str, why: str) -> Probe:
    return Probe(provider, None, None, None, None, f"not asked: {why}")


def _told_by(fault: ProviderError) -> tuple[bool | None, bool | None]:
    """Return whether a fault shows the provider reachable, and the key accepted."""
    if isinstance(fault, QuotaSpent | BreakerOpen):
        return None, None  # it was not asked
    if isinstance(fault, Unauthorized):
        return True, False
    return (True, True) if isinstance(fault, _ANSWERED) else (False, None)


def skew_seconds(headers: Mapping[str, str], at: datetime) -> float | None:
    """Return ``at`` minus the instant of the Date header, the Age of a shared cache's copy added; None without one."""
    try:
        said = parsedate_to_datetime(headers["date"])
        age = float(headers.get("age", "0"))
    except (KeyError, ValueError, TypeError):
        return None
    if said.tzinfo is None:  # "-0000": the sender does not know its zone
        said = said.replace(tzinfo=UTC)
    return (at - said).total_seconds() - age


def _settlements(sources: Sources, day: date) -> None:
    sources.finra(day).settlements()


PROBES: Mapping[str, Ask] = {
    "finra": _settlements,
    "polygon": lambda sources, day: sources.polygon(day).market_status(),
    "alpha_vantage": lambda sources, day: sources.alpha_vantage(day).global_quote("IBM"),
    "nasdaq": lambda sources, day: sources.nasdaq(day).trade_halts(day),
    "nyse": lambda sources, day: sources.nyse(day).threshold_list(day, MARKETS[:1]),
    "sec": lambda sources, day: sources.sec(day).filings("8-K", sources.clock_for(day).now() - FILING_WINDOW),
    "treasury": lambda sources, day: sources.treasury(day).bill_rates(day.year),
    "news": lambda sources, day: sources.news(day).globenewswire(),
}
"""Provider -> its smallest answer. FINRA's is a list of dates without headers."""

NO_PROBE: Mapping[str, str] = {"yahoo": "its library has no small request; `amc fetch option_chain` tries it"}
