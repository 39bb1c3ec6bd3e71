"""Where the trading days of an installation begin: `amc demo` keeps its first session in the state folder.

Without it the Dagster UI lists every session since 2017, and a demo without a fault is "1 % filled". The day only ever
moves back, so that a key which was once shown stays.
"""

from datetime import date
from pathlib import Path

from amc_assets.lake.files import replace_file

FILE = "first-session"


def kept_first_session(home: Path) -> date | None:
    """Return the first session of a state folder, None when none was kept."""
    try:
        return date.fromisoformat((home / FILE).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None


def keep_first_session(home: Path, day: date) -> None:
    """Keep ``day`` as the first session unless an earlier one is kept. Raises LakeError."""
    kept = kept_first_session(home)
    if kept is None or day < kept:
        replace_file(home / FILE, lambda temporary: temporary.write_text(f"{day}\n", encoding="utf-8"))
