"""What `amc demo` and `amc replay` say of the folder they work in: where it is, what is kept, what to type next."""

import shlex
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amc_assets.clock import SystemClock
from amc_assets.commands.newest_home import NewestHome
from amc_assets.commands.output import result
from amc_assets.commands.session import settings_of
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DISCOVERY_RUNS
from amc_assets.settings import Settings

if TYPE_CHECKING:
    from amc_assets.replay.market import Market

Json = dict[str, Any]


def noted(home: Path, command: str, market: "Market") -> NewestHome:
    """Return the note of a folder that a command writes from now on."""
    now = SystemClock().now().isoformat(timespec="seconds")
    return NewestHome(str(home), command, market.name, market.is_simulated, now)


def home_option(home: Path) -> str:
    """Return ``--home FOLDER`` for a command line, nothing where the folder is found without it."""
    return "" if home == settings_of().home else f" --home {shlex.quote(str(home))}"


def kept_sentence(settings: Settings, days: Sequence[date], again: str) -> str:
    """Return what of a run that was stopped is stored, where, and the command that goes on with it."""
    lake = Lake.at(settings.lake_url)
    stored = sum(bool(lake.parts(DISCOVERY_RUNS, day.isoformat())) for day in days)
    return (
        f"{stored} of {len(days)} sessions are stored in {settings.home}, with everything fetched so far. "
        f"Next: `{again}` goes on"
    )


def print_next(home: Path, newest: Json, page: Path) -> None:
    """Print folder, report and the next command for the first name of the newest list."""
    listed = newest["candidates"]
    symbol = listed[0]["symbol"] if listed else "SYMBOL"
    result(f"folder: {home}")
    result(f"report: {page}")
    result(f"next: `amc explain {symbol} --date {newest['trade_date']}{home_option(home)}`")
