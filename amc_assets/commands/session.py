"""Open what a command needs: settings from the environment, stored results without any provider."""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from amc_assets.commands.output import CommandError, Exit, say
from amc_assets.lake.store import Lake
from amc_assets.operations.vault import VaultError
from amc_assets.pipeline.vaulted import vaulted_settings
from amc_assets.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from amc_assets.replay.market import Market


def settings_of(
    home: Path | None = None, overrides: Mapping[str, str] | None = None, *, with_vault: bool = True
) -> Settings:
    """Return the settings in force; ``home`` and ``overrides`` beat the environment, which beats the key vault.

    ``with_vault=False`` leaves the vault closed. Raises CommandError (usage).
    """
    environ = {**os.environ, **(overrides or {})}
    if home is not None:
        environ["AMC_HOME"] = str(home)
        if home != Path(os.environ.get("AMC_HOME", "")):
            environ.pop("AMC_LAKE_URL", None)
            environ.pop("DATABASE_URL", None)
    try:
        return vaulted_settings(environ) if with_vault else load_settings(environ)
    except (SettingsError, VaultError) as error:
        raise CommandError(str(error), Exit.USAGE) from error


def read_environment_file() -> None:
    """Add what ``.env`` of the working folder sets and the environment does not; say where the two differ."""
    from amc_assets.settings.environment_file import FILE, added, disputed, file_values

    if not Path(FILE).is_file():
        return
    values = file_values(Path())
    for name in disputed(values, os.environ):
        say(
            f"warning: {name} is set in the environment and, to something else, in {FILE}. amc uses the environment's "
            f"value, `dagster dev` that of {FILE}. Next: set it in one place"
        )
    os.environ.update(added(values, os.environ))


def check_dagster_home() -> None:
    """Refuse a DAGSTER_HOME that Dagster would refuse, before anything runs. Raises CommandError (usage)."""
    from amc_assets.settings.dagster_home import DagsterHomeError, dagster_home

    try:
        dagster_home(os.environ)
    except DagsterHomeError as error:
        raise CommandError(str(error), Exit.USAGE) from error


def announced(home: Path | None) -> Settings:
    """Return the settings in force and say on stderr which plan that is and why. Raises CommandError (usage)."""
    settings = settings_of(home)
    say(f"plan {settings.plan}: {settings.plan_reason}")
    return settings


def lake_of(settings: Settings) -> Lake:
    """Open the lake for reading. Raises CommandError when there is none yet."""
    lake = Lake.at(settings.lake_url)
    if not lake.root.is_dir():
        raise CommandError(
            f"there is no lake at {lake.root} yet. Next: `amc demo` (simulated), `amc replay`, or materialise assets "
            "in the Dagster UI (`make ui`)",
            Exit.NOT_FOUND,
        )
    return lake


def date_of(text: str) -> date:
    """Return a date given as YYYY-MM-DD. Raises CommandError (usage)."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is not a date. Next: write it as YYYY-MM-DD", Exit.USAGE) from error


def complete_sessions(first: date, last: date, market: "Market") -> list[date]:
    """Return the sessions from ``first`` to ``last``; all must be over and inside the market. Raises CommandError."""
    from amc_assets.clock import SystemClock
    from amc_assets.market.calendar import last_complete_session, sessions_between
    from amc_assets.market.errors import MarketError

    try:
        days = sessions_between(first, last)
    except MarketError as error:
        raise CommandError(str(error), Exit.USAGE) from error
    if not days:
        raise CommandError(f"no trading session from {first} to {last}. Next: widen the range", Exit.USAGE)
    newest = min(market.last_day, last_complete_session(SystemClock().now()))
    if days[0] < market.first_day or days[-1] > newest:
        raise CommandError(
            f"{first} .. {last} is not inside the {market.name} market, which has complete sessions from "
            f"{market.first_day} to {newest}. Next: choose days inside",
            Exit.USAGE,
        )
    return days


def day_of(text: str) -> date:
    """Return a session given as YYYY-MM-DD. Raises CommandError (usage) for anything else."""
    from amc_assets.market.calendar import is_session, previous_session
    from amc_assets.market.errors import MarketError

    day = date_of(text)
    try:
        if not is_session(day):
            hint = previous_session(day)
            raise CommandError(f"{day} is not a trading session. Next: use {hint}, the session before it", Exit.USAGE)
    except MarketError as error:
        raise CommandError(str(error), Exit.USAGE) from error
    return day


def strategy_of(text: str | None, settings: Settings) -> str:
    """Return a known strategy, the configured one when none is given. Raises CommandError (usage)."""
    from amc_assets.strategies.registry import STRATEGIES

    name = text or str(settings.scoring_strategy)
    if name not in STRATEGIES:
        raise CommandError(f"{name!r} is not a strategy. Next: one of {', '.join(sorted(STRATEGIES))}", Exit.USAGE)
    return name
