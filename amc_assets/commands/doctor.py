"""`amc doctor`: what works, what does not, and the next step for each."""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from amc_assets.commands.doctor_road import ROAD_LOOKS, probes_of
from amc_assets.commands.findings import Finding, Look, Seen, Status
from amc_assets.commands.output import CommandError, Exit, print_json, print_table, say
from amc_assets.commands.session import settings_of
from amc_assets.operations.vault import VaultError
from amc_assets.settings import Settings
from amc_assets.settings.dagster_home import DagsterHomeError, dagster_home

if TYPE_CHECKING:
    from amc_assets.lake.store import Lake
    from amc_assets.pipeline.health import Probe

MINIMUM_FREE_BYTES = 2 * 1024**3


def doctor(home: Path | None, *, offline: bool, as_json: bool) -> None:
    """Print every finding; exit 4 when one is a problem. ``offline`` asks no provider. Raises CommandError."""
    settings, vault_fault = _settings(home)
    say(f"plan {settings.plan}: {settings.plan_reason}")
    probes = () if offline or settings.is_simulated else _probed(settings)
    seen = Seen(settings, vault_fault, probes)
    findings = [finding for name, look in _LOOKS.items() for finding in _looked(name, look, seen)]
    rows = [asdict(finding) for finding in findings]
    if as_json:
        print_json(rows)
    else:
        print_table("amc doctor", rows, ("name", "status", "found", "next_step"))
    problems = [finding.name for finding in findings if finding.status == "problem"]
    if problems:
        raise CommandError(f"{len(problems)} problems: {', '.join(problems)}", Exit.CHECK_FAILED)


def _settings(home: Path | None) -> tuple[Settings, str | None]:
    """Return the settings in force; with a vault that cannot be opened those without it, and why it cannot."""
    try:
        return settings_of(home), None
    except CommandError as error:
        if not isinstance(error.__cause__, VaultError):
            raise
        return settings_of(home, with_vault=False), str(error)


def _probed(settings: Settings) -> "tuple[Probe, ...]":
    from amc_assets.providers.road.state import StateError

    try:
        return probes_of(settings)
    except StateError:  # the look at the shared state says what is wrong with it
        return ()


def _looked(name: str, look: Look, seen: Seen) -> list[Finding]:
    """Return what a look found; what it looks at may be broken, and the other looks still count."""
    from amc_assets.lake.files import LakeError
    from amc_assets.providers.road.state import StateError

    try:
        return list(look(seen))
    except (LakeError, StateError) as error:
        what, _, step = str(error).partition(". Next: ")
        return [Finding(name, "problem", what, step or "make AMC_HOME writable, with space")]


def _python(_seen: Seen) -> Iterator[Finding]:
    yield Finding("python", "ok", platform.python_version())


def _plan(seen: Seen) -> Iterator[Finding]:
    yield Finding("plan", "ok", f"{seen.settings.plan}: {seen.settings.plan_reason}")
    for warning in seen.settings.warnings:
        yield Finding("setting", "warning", str(warning), "docs/configuration.md has every variable")


def _environment_file(_seen: Seen) -> Iterator[Finding]:
    from amc_assets.settings.environment_file import FILE, disputed, file_values

    values, path = file_values(Path()), Path(FILE).absolute()
    if not values:
        return
    differing = disputed(values, os.environ)
    found = f"{path}: {len(values)} variables read"
    if differing:
        step = f"set them in one place: amc uses the environment's value, `dagster dev` that of {FILE}"
        yield Finding(FILE, "warning", f"{found}; the environment sets otherwise: {', '.join(differing)}", step)
    else:
        yield Finding(FILE, "ok", found)


def _vault(seen: Seen) -> Iterator[Finding]:
    from amc_assets.pipeline.vaulted import vault_path

    path = vault_path(seen.settings)
    if seen.vault_fault is not None:
        what, _, step = seen.vault_fault.partition(". Next: ")
        yield Finding("key vault", "problem", what, step)
    elif path.exists():
        yield Finding("key vault", "ok", str(path))


def _dagster(_seen: Seen) -> Iterator[Finding]:
    try:
        folder = dagster_home(os.environ)
    except DagsterHomeError as error:
        what, _, step = str(error).partition(". Next: ")
        yield Finding("dagster home", "problem", what, step)
        return
    if folder is not None:
        yield Finding("dagster home", "ok", str(folder))


def _disk(seen: Seen) -> Iterator[Finding]:
    home = seen.settings.home
    folder = home if home.is_dir() else home.parent
    free = shutil.disk_usage(folder if folder.is_dir() else Path.cwd()).free
    status: Status = "ok" if free >= MINIMUM_FREE_BYTES else "warning"
    step = "" if status == "ok" else "free some space: a year of the whole market takes about 1 GB"
    yield Finding("disk", status, f"{free / 1e9:.1f} GB free at {folder}", step)


def _lake(seen: Seen) -> Iterator[Finding]:
    from amc_assets.lake.store import Lake
    from amc_assets.lake.tables import DAILY_BARS, DISCOVERY_RUNS, SHORT_INTEREST, SHORT_VOLUME, UNIVERSE

    lake = Lake.at(seen.settings.lake_url)
    if not lake.root.is_dir():
        yield Finding("lake", "warning", f"none at {lake.root}", "`amc demo`, or materialise assets in `make ui`")
        return
    for table in (UNIVERSE, DAILY_BARS, SHORT_VOLUME, SHORT_INTEREST, DISCOVERY_RUNS):
        keys = lake.partitions(table)
        found = f"{len(keys)} partitions, {keys[0]} .. {keys[-1]}" if keys else "no partition"
        yield Finding(f"lake {table.name}", "ok" if keys else "warning", found, "" if keys else "materialise it")
    yield from _set_aside(lake)


def _set_aside(lake: "Lake") -> Iterator[Finding]:
    """Yield one finding for each damaged file that was set aside: a warning while its rows are missing."""
    from amc_assets.lake.damage import set_aside_files

    missing = set(lake.unreadable().values())
    for path in set_aside_files(lake.root):
        name = path.relative_to(lake.root).as_posix()
        if name in missing:
            step = "run a day: its source is asked again; without one the rows stay missing"
            yield Finding("damaged file", "warning", f"{path}, its rows are missing", step)
        else:
            yield Finding("damaged file", "ok", f"{path}, replaced since", "delete it when nobody needs it")


def _database(seen: Seen) -> Iterator[Finding]:
    from amc_assets.store import engine as store
    from amc_assets.store.errors import StoreError

    try:
        engine = store.open_engine(seen.settings.database_url)
        at, place, head = store.current(engine), store.unmoved(engine), store.head()
        engine.dispose()
    except StoreError as error:
        yield Finding("database", "problem", str(error), "check DATABASE_URL and that the server answers")
        return
    if at == head:
        yield Finding("database", "ok", f"schema {at}")
    elif place is not None:
        found = f"schema {place.revision}, in the version table that older versions shared with Dagster"
        yield Finding("database", "warning", found, "`amc db upgrade` moves it with its rows")
    elif at is not None and at not in store.revisions():
        step = "install the amc_assets that wrote it; this one cannot use it"
        yield Finding("database", "problem", f"schema {at}, which this version does not know (newest {head})", step)
    else:
        yield Finding("database", "warning", f"schema {at or 'none'}, newest {head}", "`amc db upgrade`")


_LOOKS: dict[str, Look] = {
    "python": _python,
    "plan": _plan,
    ".env": _environment_file,
    "key vault": _vault,
    "dagster home": _dagster,
    "disk": _disk,
    "lake": _lake,
    "database": _database,
    **ROAD_LOOKS,
}
