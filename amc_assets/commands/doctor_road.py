"""The part of `amc doctor` about the road out: providers, keys, clock, limits, breakers, the state they share."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from amc_assets.commands.findings import Finding, Look, Seen, Status
from amc_assets.settings import KNOWN_PROVIDERS, Settings, variables
from amc_assets.settings.about import NO_EFFECT
from amc_assets.settings.addresses import sqlite_address
from amc_assets.settings.plans import KEY_OF_PROVIDER

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from amc_assets.pipeline.health import Probe

MOST_SKEW_SECONDS = 30.0
_KEYS = (*KEY_OF_PROVIDER.values(), "FINRA_CLIENT_ID", "FINRA_CLIENT_SECRET", "SLACK_WEBHOOK_URL")


def probes_of(settings: Settings) -> "tuple[Probe, ...]":
    """Ask every provider in use for something small, all at once. The calls count in limits, breakers and audit."""
    import httpx

    from amc_assets.clock import SystemClock
    from amc_assets.pipeline.health import BriefSources, probe_all

    clock = SystemClock()
    with ExitStack() as stack:
        engine = _audit_engine(settings, stack)
        client = stack.enter_context(httpx.Client(follow_redirects=False))
        sources = BriefSources(settings, engine, clock, client)
        return tuple(probe_all(sources, [name for name in KNOWN_PROVIDERS if sources.uses(name)], clock))


def _audit_engine(settings: Settings, stack: ExitStack) -> "Engine":
    """Return the database when it is up to date, else one that is thrown away: a look must not change an old schema."""
    from amc_assets.store import engine as store
    from amc_assets.store.errors import StoreError

    try:
        engine = store.open_engine(settings.database_url)
        stack.callback(engine.dispose)
        if store.current(engine) == store.head():
            return engine
    except StoreError:
        pass  # the look at the database says so
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="amc-doctor-")))
    engine = store.open_engine(sqlite_address(folder / "audit.db"))
    stack.callback(engine.dispose)
    store.upgrade(engine)
    return engine


def _providers(seen: Seen) -> Iterator[Finding]:
    for provider in KNOWN_PROVIDERS:
        if not seen.settings.uses(provider):
            step = "docs/configuration.md says which plan and key bring it"
            yield Finding(f"provider {provider}", "warning", "not used by this plan or no key", step)
        elif (probe := seen.probe(provider)) is None:
            yield Finding(f"provider {provider}", "ok", f"in use, {_not_probed(seen, provider)}")
        else:
            yield _answer(probe)


def _not_probed(seen: Seen, provider: str) -> str:
    if seen.settings.is_simulated:
        return "served by the embedded market"
    if provider == "sec" and seen.settings.contact is None:
        return "not asked without a contact"
    return "not asked (--offline)"


def _answer(probe: "Probe") -> Finding:
    name = f"provider {probe.provider}"
    what, _, step = probe.said.partition(". Next: ")
    took = "" if probe.latency_ms is None else f" in {probe.latency_ms} ms"
    if probe.is_reachable is None:
        return Finding(name, "warning", f"in use, {what}", step or "ask again later, or try `amc fetch`")
    if not probe.is_reachable:
        return Finding(name, "problem", what, step or "check the network of this machine")
    if probe.is_key_accepted is False:
        return Finding(name, "problem", f"answers{took}, and refuses the key: {what}", step)
    return Finding(name, "ok", f"answers{took}" + ("" if probe.said == "answered" else f": {what}"))


def _keys(seen: Seen) -> Iterator[Finding]:
    settings = seen.settings
    docs = {doc.name: doc for doc in variables()}
    for name in _KEYS:
        if docs[name].is_planned:
            is_set = "not set" if getattr(settings, docs[name].field) is None else "set"
            yield Finding(f"key {name}", "ok", f"{is_set}; {NO_EFFECT} Lost without it: {docs[name].lost}")
            continue
        if getattr(settings, docs[name].field) is None:
            yield Finding(f"key {name}", "ok", f"not set; lost without it: {docs[name].lost}")
            continue
        probe = next((seen.probe(provider) for provider, key in KEY_OF_PROVIDER.items() if key == name), None)
        accepted = None if probe is None else probe.is_key_accepted
        said = {True: "accepted", False: "REFUSED", None: "not tried"}[accepted]
        status: Status = "problem" if accepted is False else "ok"
        step = f"put the right key into {name}: {docs[name].get}" if accepted is False else ""
        yield Finding(f"key {name}", status, f"set by {settings.origins.get(name, 'default')}, {said}", step)
    if settings.contact is not None:
        yield Finding("contact", "ok", "AMC_CONTACT is set")
    elif settings.is_simulated:
        yield Finding("contact", "ok", "AMC_CONTACT is not set; plan simulated asks nobody")
    else:
        yield Finding("contact", "warning", "AMC_CONTACT is not set: the SEC is not asked", "set it to your e-mail")


def _clock(seen: Seen) -> Iterator[Finding]:
    skews = [item.skew_seconds for item in seen.probes if item.skew_seconds is not None]
    if not skews:
        if seen.probes:
            yield Finding("clock", "warning", "no provider sent its time", "compare `date -u` with another clock")
        return
    skew = median(skews)  # one host with a wrong clock does not outvote the others
    found = f"{skew:+.1f} s against {len(skews)} providers"
    if abs(skew) <= MOST_SKEW_SECONDS:
        yield Finding("clock", "ok", found)
    else:
        step = "switch on time synchronisation: what is published when is judged by this clock"
        yield Finding("clock", "warning", found, step)


def _limits(seen: Seen) -> Iterator[Finding]:
    from amc_assets.clock import SystemClock
    from amc_assets.pipeline.road_state import open_state
    from amc_assets.pipeline.sources import road_limits
    from amc_assets.providers.road.limiter import SharedLimiter

    settings = seen.settings
    if settings.is_simulated:
        yield Finding("limits", "ok", "none: the embedded market")
        return
    is_made = settings.redis_url or settings.database_url.startswith("postgres") or _state_file(settings).exists()
    limiter = SharedLimiter(open_state(settings), SystemClock())
    for provider in filter(settings.uses, KNOWN_PROVIDERS):
        limits = road_limits(settings, provider)
        pace = f"{limits.calls} calls per {limits.per_seconds:g} s"
        count = limiter.left(provider, limits) if is_made else None
        used = count.used if count else 0
        left = limits.per_day if count is None else count.left
        found = f"{pace}, {used} calls today" + ("" if left is None else f", {left} left")
        step = "" if left != 0 else "the quota begins anew at midnight in New York"
        yield Finding(f"limit {provider}", "warning" if left == 0 else "ok", found, step)


def _shared_state(seen: Seen) -> Iterator[Finding]:
    from amc_assets.pipeline.road_state import open_state
    from amc_assets.providers.road.mirrored_state import MirroredState

    settings = seen.settings
    state = open_state(settings, is_replay=settings.is_simulated)
    if not isinstance(state, MirroredState):
        path = _state_file(settings)
        yield Finding("shared state", "ok", f"SQLite at {path}" + ("" if path.exists() else ", not made yet"))
        return
    state.read("doctor")  # a loss is noted by whoever asks
    server = state.status()
    if server.lost_at is None:
        yield Finding("shared state", "ok", f"{server.name}, with a copy on this machine")
    else:
        found = f"degraded: {server.name} lost since {server.lost_at}, limits hold on this machine only"
        yield Finding("shared state", "warning", found, str(server.why))


def _state_file(settings: Settings) -> Path:
    from amc_assets.pipeline.road_state import STATE_FILE

    return settings.home / STATE_FILE


def _breakers(seen: Seen) -> Iterator[Finding]:
    from amc_assets.clock import SystemClock
    from amc_assets.pipeline.road_state import open_state
    from amc_assets.pipeline.sources import road_limits
    from amc_assets.providers.road.audit import ListAudit
    from amc_assets.providers.road.breaker import Breakers

    settings = seen.settings
    if not settings.circuit_breaker_global_enabled:
        yield Finding("breakers", "warning", "switched off", "set CIRCUIT_BREAKER_GLOBAL_ENABLED=true")
    if not _state_file(settings).exists():
        return
    limits = {provider: road_limits(settings, provider) for provider in KNOWN_PROVIDERS if settings.uses(provider)}
    state = open_state(settings, is_replay=settings.is_simulated)
    for status in Breakers(state, limits, ListAudit(), SystemClock()).statuses():
        is_closed = status.state == "closed"
        step = "" if is_closed else f"it tries again at {status.auto_recovery_at}; cause: {status.cause}"
        yield Finding(f"breaker {status.provider}", "ok" if is_closed else "warning", status.state, step)


ROAD_LOOKS: dict[str, Look] = {
    "providers": _providers,
    "keys": _keys,
    "clock": _clock,
    "limits": _limits,
    "shared state": _shared_state,
    "breakers": _breakers,
}
