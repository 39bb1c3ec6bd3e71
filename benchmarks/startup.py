"""Time what every process pays: importing the definitions beside ``import dagster``, and the first words of `amc`."""

import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

REPEATS = 7
IMPORT_RATIO = 1.25
HELP_SECONDS = 0.3


def cpu_seconds(command: list[str]) -> float:
    """Return the best CPU seconds of a child process over the repeats."""
    best = float("inf")
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_clean())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(best, 3)


def wall_seconds(command: list[str]) -> float:
    """Return the best wall seconds of a child process over the repeats."""
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_clean())
        best = min(best, time.perf_counter() - started)
    return round(best, 3)


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AMC_", "DATABASE_", "POLYGON_"))}


def main() -> int:
    """Measure, print one JSON object and return the exit code."""
    python = sys.executable
    bare = cpu_seconds([python, "-c", "import dagster"])
    ours = cpu_seconds([python, "-c", "import amc_assets.definitions"])
    show_help = "import sys; sys.argv = ['amc', '--help']; from amc_assets.cli import main; main()"
    help_seconds = wall_seconds([python, "-c", show_help])
    report: dict[str, Any] = {
        "benchmark": "startup",
        "import_dagster_cpu_s": bare,
        "import_definitions_cpu_s": ours,
        "ratio": round(ours / bare, 3),
        "budget_ratio": IMPORT_RATIO,
        "amc_help_wall_s": help_seconds,
        "budget_help_s": HELP_SECONDS,
    }
    within = ours / bare <= IMPORT_RATIO and help_seconds <= HELP_SECONDS
    print(json.dumps(report | {"within_budget": within}, indent=1))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
