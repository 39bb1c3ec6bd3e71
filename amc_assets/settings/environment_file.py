"""The file ``.env`` of the working folder: variables for every face of the project, `amc` and Dagster alike.

`dagster dev` reads that file by itself and lets it beat the environment; `amc` reads it too, and there the environment
wins. The two differ only where both set a variable to different values: `disputed` finds those, and every command says
so. Values are never printed.
"""

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

FILE = ".env"


def file_values(folder: Path) -> dict[str, str]:
    """Return what ``.env`` of a folder sets, empty when there is none. Raises OSError when it cannot be read."""
    path = folder / FILE
    if not path.is_file():
        return {}
    return {name: value for name, value in dotenv_values(path).items() if value is not None}


def added(values: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the file that the environment does not set."""
    return {name: value for name, value in values.items() if name not in environ}


def disputed(values: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that file and environment set to different values."""
    return tuple(sorted(name for name, value in values.items() if environ.get(name, value) != value))
