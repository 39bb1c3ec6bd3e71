"""Run in processes of their own by the tests of the lake: they race."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amc_assets.lake import store
from amc_assets.lake.store import Lake, MixedDataError
from amc_assets_tests.lake.rows import DAY, NOTES, hour, notes


def claim_kind(root: str, is_simulated: bool) -> str:
    """Claim a fresh lake; say whether that was granted."""
    try:
        Lake(Path(root)).claim(is_simulated=is_simulated)
    except MixedDataError:
        return "refused"
    return "claimed"


def write_own_rows(root: str, name: str, count: int, is_locked: bool = True) -> None:
    """Write ``count`` fetches of one row each into one partition, against others that do the same."""
    guard = store.exclusive
    if not is_locked:
        store.exclusive = _unlocked
    try:
        lake = Lake(Path(root))
        for number in range(count):
            lake.write(NOTES, DAY, notes([(f"{name}{number}", float(number))]), hour(number))
    finally:
        store.exclusive = guard


@contextmanager
def _unlocked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    yield
