"""Reads the word lists of this room: data files beside the code, refused whole when a list is absent."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from amc_assets.features.errors import FeatureInputError

_FOLDER = Path(__file__).resolve().parent


@cache
def read_vocabulary(name: str) -> dict[str, Any]:
    """Return the tables of ``<name>.toml`` of this folder; raise FeatureInputError when it is absent or no TOML."""
    path = _FOLDER / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as absent:
        raise FeatureInputError(f"the word list {path.name} is not beside the code: reinstall the package") from absent
    except tomllib.TOMLDecodeError as broken:
        raise FeatureInputError(f"the word list {path.name} is not valid TOML: {broken}") from broken
