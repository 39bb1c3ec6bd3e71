"""A process of its own for the storage tests: opens the instance of the working folder the way `dagster dev` does.

Commands: ``materialise N`` runs one trivial asset N times; ``runs`` prints how many runs the history holds and where
files go, as JSON.
"""

import json
import sys
from pathlib import Path

import dagster as dg


def main(task: str, *arguments: str) -> None:
    """Do the task and print one JSON object."""
    with dg.DagsterInstance.from_config(str(Path.cwd())) as instance:
        if task == "materialise":
            for _ in range(int(arguments[0])):
                assert dg.materialize([probe], instance=instance).success
        storage = type(instance.run_storage).__name__
        sys.stdout.write(
            json.dumps(
                {
                    "runs": instance.get_runs_count(),
                    "storage": storage,
                    "root": instance.root_directory,
                    "logs": getattr(instance.compute_log_manager, "_base_dir", ""),
                }
            )
        )


@dg.asset
def probe() -> None:
    """Print a line, so that there is something in the logs."""
    sys.stdout.write("probe was here\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
