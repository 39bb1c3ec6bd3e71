"""Which folder `amc demo` or `amc replay` wrote last, kept in the state folder, so that later commands find it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from amc_assets.commands.output import say
from amc_assets.commands.session import date_of, settings_of
from amc_assets.lake.files import LakeError, replace_file
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DISCOVERY_RUNS
from amc_assets.settings import Settings

FILE = "newest-home.json"


@dataclass(frozen=True)
class NewestHome:
    """The folder written last: by which command, of which market, simulated or recorded, and when (UTC, ISO 8601)."""

    home: str
    command: str
    market: str
    is_simulated: bool
    written_at: str

    @property
    def what(self) -> str:
        """What lies there, as a person reads it."""
        kind = "simulated" if self.is_simulated else "recorded"
        return f"the {kind} market of `{self.command}` in {self.home}"


def remember(written: NewestHome) -> None:
    """Keep which folder was written last, in the state folder of the environment; where that fails, say so."""
    text = json.dumps(asdict(written), indent=1)
    try:
        replace_file(settings_of().home / FILE, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except LakeError as error:
        say(f"warning: later commands need --home {written.home}: {error}")


def newest_home(state_folder: Path) -> NewestHome | None:
    """Return what was written last; None when nothing was, or the note cannot be read."""
    try:
        return NewestHome(**json.loads((state_folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def settings_with_run(home: Path | None, date: str) -> Settings:
    """Return the settings of the folder that has a run of ``date``, saying on stderr which one it is.

    ``--home`` and AMC_HOME are taken as they are. Without both, a day that the state folder lacks is read from the
    folder that `amc demo` or `amc replay` wrote last, if that one has it. Raises CommandError.
    """
    settings = settings_of(home)
    other = newest_home(settings.home)
    day = date_of(date).isoformat()
    if home is not None or other is None or Path(other.home) == settings.home or _has_run(settings.lake_url, day):
        return settings
    found = settings_of(Path(other.home))
    if not _has_run(found.lake_url, day):
        return settings
    if os.environ.get("AMC_HOME", "").strip():
        say(f"{other.what} has a run of {day}; AMC_HOME names another folder. Next: add --home {other.home}")
        return settings
    say(f"{settings.home} has no run of {day}: reading {other.what}")
    return found


def _has_run(lake_url: str, day: str) -> bool:
    lake = Lake.at(lake_url)
    return lake.root.is_dir() and bool(lake.parts(DISCOVERY_RUNS, day))
