"""Run in processes of their own by the tests of the lake: they race."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amc_assets.lake import store
from amc_assets.lake.store import Lake, MixedDataError
from amc_assets_tests.lake.rows import DAY, NOTES, hour, notes

LAKES, FETCHES = 50, 40


def claim(root: str, kind: str) -> None:
    """Claim fresh lakes one after the other; say for each whether that was granted."""
    for number in range(LAKES):
        try:
            Lake(Path(root) / str(number)).claim(is_simulated=kind == "simulated")
        except MixedDataError:
            sys.stdout.write("refused\n")
        else:
            sys.stdout.write("claimed\n")


def write(root: str, name: str, guard: str) -> None:
    """Write fetches of one row each into one partition, against another that does the same."""
    if guard == "unlocked":
        store.exclusive = _unlocked
    lake = Lake(Path(root))
    for number in range(FETCHES):
        lake.write(NOTES, DAY, notes([(f"{name}{number}", float(number))]), hour(number))


@contextmanager
def _unlocked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    yield


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    {"claim": claim, "write": write}[sys.argv[1]](*sys.argv[2:])
