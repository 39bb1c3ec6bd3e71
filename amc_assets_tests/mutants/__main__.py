"""`make mutants`: a seeded sample of mutants of the arithmetic and its wiring, each judged by the tests about it.

Cosmic Ray makes the mutants and runs the tests, in a copy of the project. Exit codes: 0 every mutant was caught, 1 some
survived (each is printed with file, line and diff), 2 nothing was measured: a test fails without any mutant.
"""

import argparse
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkResult

from amc_assets_tests.mutants.areas import AREAS, Area

ROOT = Path(__file__).resolve().parents[2]
MOST_MINUTES = 60.0
SLOWER = 5.0  # a mutant that takes so many times as long as the tests without one has hung: it counts as caught
LEAST_SECONDS = 60.0
OPTIONS = "-q -x -n 0 -p no:cacheprovider --hypothesis-seed=0 -m 'not slow and not fault and not browser'"


def say(text: str) -> None:
    """Print a line at once: the whole takes an hour."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Draw, run, print; return the exit code."""
    given = _parser().parse_args(arguments)
    end = time.monotonic() + 60 * given.minutes
    areas = [area for area in AREAS if given.area in {None, area.name}]
    python = Path(given.python).absolute()
    with tempfile.TemporaryDirectory(prefix="amc-mutants-") as folder:
        work = Path(folder) / "project"
        _copy(work)
        os.chdir(work)  # the mutants are made of the copy
        os.environ["PYTHONPATH"] = str(work)
        drawn = _draw(areas, given.sample, given.seed)
        say(f"{len(drawn)} mutants, seed {given.seed}")
        judges = {area.name: Judge.of(area, python) for area in areas if any(name == area.name for name, _ in drawn)}
        for judge in judges.values():
            if judge.fault:
                say(f"{judge.area}: its tests fail without any mutant, so they prove nothing.\n{judge.fault}")
                return 2
        return _run(drawn, judges, end)


@dataclass(frozen=True)
class Judge:
    """The tests of an area: their command, how long they take without a mutant, what fails then (empty: nothing)."""

    area: str
    command: str
    seconds: float
    fault: str

    @classmethod
    def of(cls, area: Area, python: Path) -> "Judge":
        """Run the tests of an area once."""
        command = f"{python} -m pytest {OPTIONS} {' '.join(area.tests)}"
        started = time.monotonic()
        plain = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, check=False)
        seconds = time.monotonic() - started
        return cls(area.name, command, seconds, plain.stdout[-2000:] if plain.returncode else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=120, help="how many mutants, over all areas")
    parser.add_argument("--minutes", type=float, default=MOST_MINUTES, help="stop after so many")
    parser.add_argument("--area", choices=[area.name for area in AREAS], help="only this one")
    parser.add_argument("--python", default=".venv/bin/python", help="interpreter that runs the tests")
    return parser


def _copy(work: Path) -> None:
    """Copy what git knows, as it lies here; recorded data is beside the project and is linked."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, work / name)
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (work.parent / "shared").symlink_to(shared)


def _draw(areas: Sequence[Area], most: int, seed: int) -> list[tuple[str, MutationSpec]]:
    """Return a sample as (area, mutant) in random order; at most one of a line, so that no line counts twice."""
    every: list[tuple[str, MutationSpec]] = []
    for area in areas:
        with use_db("mutants.sqlite", WorkDB.Mode.create) as found:
            init(list(area.files(Path.cwd())), found, {})
            every += [(area.name, item.mutations[0]) for item in found.work_items]
    every.sort(key=lambda one: (one[0], str(one[1].module_path), one[1].start_pos, one[1].operator_name))
    random.Random(seed).shuffle(every)
    lines: set[tuple[str, int]] = set()
    drawn = []
    for name, spec in every:
        line = (str(spec.module_path), spec.start_pos[0])
        if line not in lines and len(drawn) < most:
            lines.add(line)
            drawn.append((name, spec))
    return drawn


def _run(drawn: Sequence[tuple[str, MutationSpec]], judges: Mapping[str, Judge], end: float) -> int:
    """Judge the mutants one after another until ``end``; print survivors and counts, return the exit code."""
    counts: Counter[str] = Counter()
    for name, spec in drawn:
        if time.monotonic() > end:
            break
        judge = judges[name]
        result = mutate_and_test([spec], judge.command, max(SLOWER * judge.seconds, LEAST_SECONDS))
        counts[str(result.test_outcome.value) if result.test_outcome else "no test"] += 1
        if result.test_outcome is TestOutcome.SURVIVED:
            _tell(spec, result)
    survived, reached = counts[TestOutcome.SURVIVED.value], sum(counts.values())
    say(
        f"{survived} of {reached - counts['no test']} mutants survived; {len(drawn) - reached} were not reached in time"
    )
    return 1 if survived else 0


def _tell(spec: MutationSpec, result: WorkResult) -> None:
    where = f"{spec.module_path}:{spec.start_pos[0]}"
    say(f"SURVIVED {where} in {spec.definition_name} ({spec.operator_name})\n{result.diff}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
