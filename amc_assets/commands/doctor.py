"""`amc doctor`: what works, what does not, and the next step for each."""

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from amc_assets.commands.output import CommandError, Exit, print_json, print_table
from amc_assets.settings import KNOWN_PROVIDERS, Settings

MINIMUM_FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ok, warning or problem, what was found, and what to do."""

    name: str
    status: Literal["ok", "warning", "problem"]
    found: str
    next_step: str = ""


def doctor(settings: Settings, *, as_json: bool) -> None:
    """Print every finding; exit 4 when one is a problem."""
    findings = [finding for look in _LOOKS for finding in look(settings)]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table("amc doctor", [asdict(finding) for finding in findings], ("name", "status", "found", "next_step"))
    problems = [finding.name for finding in findings if finding.status == "problem"]
    if problems:
        raise CommandError(f"{len(problems)} problems: {', '.join(problems)}", Exit.CHECK_FAILED)


def _python(_settings: Settings) -> Iterator[Finding]:
    yield Finding("python", "ok", platform.python_version())


def _plan(settings: Settings) -> Iterator[Finding]:
    yield Finding("plan", "ok", f"{settings.plan}: {settings.plan_reason}")
    for warning in settings.warnings:
        yield Finding("setting", "warning", str(warning))


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.home if settings.home.is_dir() else settings.home.parent
    free = shutil.disk_usage(folder if folder.is_dir() else Path.cwd()).free
    status: Literal["ok", "warning"] = "ok" if free >= MINIMUM_FREE_BYTES else "warning"
    step = "" if status == "ok" else "free some space: a year of the whole market takes about 1 GB"
    yield Finding("disk", status, f"{free / 1e9:.1f} GB free at {folder}", step)


def _lake(settings: Settings) -> Iterator[Finding]:
    from amc_assets.lake.store import Lake
    from amc_assets.lake.tables import DAILY_BARS, DISCOVERY_RUNS, SHORT_INTEREST, SHORT_VOLUME, UNIVERSE

    lake = Lake.at(settings.lake_url)
    if not lake.root.is_dir():
        yield Finding("lake", "warning", f"none at {lake.root}", "`amc demo`, or materialise assets in `make ui`")
        return
    for table in (UNIVERSE, DAILY_BARS, SHORT_VOLUME, SHORT_INTEREST, DISCOVERY_RUNS):
        keys = lake.partitions(table)
        found = f"{len(keys)} partitions, {keys[0]} .. {keys[-1]}" if keys else "no partition"
        yield Finding(f"lake {table.name}", "ok" if keys else "warning", found, "" if keys else "materialise it")


def _database(settings: Settings) -> Iterator[Finding]:
    from amc_assets.store import engine as store
    from amc_assets.store.errors import StoreError

    try:
        engine = store.open_engine(settings.database_url)
        at, head = store.current(engine), store.head()
        engine.dispose()
    except StoreError as error:
        yield Finding("database", "problem", str(error), "check DATABASE_URL and that the server answers")
        return
    if at == head:
        yield Finding("database", "ok", f"schema {at}")
    else:
        yield Finding("database", "warning", f"schema {at or 'none'}, newest {head}", "`amc db upgrade`")


def _providers(settings: Settings) -> Iterator[Finding]:
    from amc_assets.providers.registry import DATASETS

    asked = {dataset.provider for dataset in DATASETS}
    for provider in KNOWN_PROVIDERS:
        limits = settings.limits(provider)
        pace = "unlimited" if limits.is_unlimited else f"{limits.calls} calls per {limits.per_seconds:g} s"
        if limits.per_day:
            pace += f", {limits.per_day} a day"
        if provider not in asked:
            yield Finding(f"provider {provider}", "ok", "no dataset of this version comes from it")
        elif settings.uses(provider):
            yield Finding(f"provider {provider}", "ok", f"in use, {pace}")
        else:
            step = "docs/configuration.md says which plan and key bring it"
            yield Finding(f"provider {provider}", "warning", "not used by this plan or no key", step)


def _breakers(settings: Settings) -> Iterator[Finding]:
    from amc_assets.clock import SystemClock
    from amc_assets.pipeline.road_state import STATE_FILE, open_state
    from amc_assets.pipeline.sources import road_limits
    from amc_assets.providers.road.audit import ListAudit
    from amc_assets.providers.road.breaker import Breakers
    from amc_assets.providers.road.mirrored_state import MirroredState

    if not settings.circuit_breaker_global_enabled:
        yield Finding("breakers", "warning", "switched off", "set CIRCUIT_BREAKER_GLOBAL_ENABLED=true")
    if not (settings.home / STATE_FILE).exists():
        return
    limits = {provider: road_limits(settings, provider) for provider in KNOWN_PROVIDERS}
    state = open_state(settings, is_replay=settings.is_simulated)
    statuses = Breakers(state, limits, ListAudit(), SystemClock()).statuses()
    if isinstance(state, MirroredState) and (server := state.status()).lost_at is not None:
        yield Finding("shared state", "warning", f"{server.name} lost since {server.lost_at}", str(server.why))
    elif isinstance(state, MirroredState):
        yield Finding("shared state", "ok", server.name)
    for status in statuses:
        is_closed = status.state == "closed"
        step = "" if is_closed else f"it tries again at {status.auto_recovery_at}; cause: {status.cause}"
        yield Finding(f"breaker {status.provider}", "ok" if is_closed else "warning", status.state, step)


_LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _python,
    _plan,
    _disk,
    _lake,
    _database,
    _providers,
    _breakers,
)
