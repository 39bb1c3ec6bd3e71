"""Reads calibration files: the shipped ones, or a person's own folder of them."""

import tomllib
from pathlib import Path

from amc_assets.strategies.calibration_content import Calibration, CalibrationRefused, parse_calibration
from amc_assets.strategies.registry import STRATEGIES

__all__ = ["CALIBRATION_FOLDER", "Calibration", "CalibrationRefused", "load_calibration", "parse_calibration"]

CALIBRATION_FOLDER = Path(__file__).resolve().parent.parent / "calibration"


def load_calibration(name: str, root: Path | None = None) -> Calibration:
    """Read and check calibration ``name`` from ``root`` (default: the shipped folder).

    Raises CalibrationRefused when the file is absent, is not TOML, has an unknown key or breaks a bound.
    """
    path = (root or CALIBRATION_FOLDER) / f"{name}.toml"
    if name not in STRATEGIES:
        raise CalibrationRefused(f"no strategy is called {name!r}; known are {sorted(STRATEGIES)}")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as absent:
        raise CalibrationRefused(
            f"calibration {name} is not at {path}; restore the file or name another folder"
        ) from absent
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise CalibrationRefused(
            f"calibration {path} is not valid TOML: {broken}. Next: restore the file from the installed package"
        ) from broken
    return parse_calibration(raw, STRATEGIES[name].declarations, str(path), strategy=name)
