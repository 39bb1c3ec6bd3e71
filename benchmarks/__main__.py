"""Run every benchmark in a process of its own, print their JSON, keep it in ``.amc/bench``; exit 1 when one is over."""

import json
import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = ("startup", "parse", "volatility", "rebuild", "refresh", "evaluation", "replay")
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


def main(names: list[str]) -> int:
    """Run the named benchmarks (all by default)."""
    folder = Path(".amc/bench")
    folder.mkdir(parents=True, exist_ok=True)
    over = []
    for name in names or BENCHMARKS:
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_CORE)
        print(done.stdout, flush=True)
        try:
            report = json.loads(done.stdout)
        except json.JSONDecodeError:
            over.append(f"{name} (it did not finish)")
            continue
        (folder / f"{name}.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        if not report.get("within_budget", False):
            over.append(name)
    print("over budget: " + ", ".join(over) if over else "every budget is met")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
