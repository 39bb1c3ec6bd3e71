"""DAGSTER_HOME, a variable of Dagster's: the one check of it, with one sentence wherever it matters."""

from collections.abc import Mapping
from pathlib import Path


class DagsterHomeError(ValueError):
    """DAGSTER_HOME is set to something that Dagster does not take."""


def dagster_home(environ: Mapping[str, str]) -> Path | None:
    """Return the folder of DAGSTER_HOME, None when it is not set; raises DagsterHomeError.

    Dagster takes the absolute path of an existing folder (``~`` included) and nothing else. A relative one is refused
    here too rather than resolved: ``dagster dev`` beside us would still refuse it.
    """
    text = environ.get("DAGSTER_HOME", "")
    if not text:
        return None
    folder = Path(text).expanduser()
    otherwise = "or unset it: then the folder dagster in AMC_HOME serves"
    if not folder.is_absolute():
        raise DagsterHomeError(
            f"DAGSTER_HOME is {text!r}, a relative path, and Dagster takes absolute ones only. Next: set it to "
            f"{folder.absolute()}, {otherwise}"
        )
    if not folder.is_dir():
        raise DagsterHomeError(f"DAGSTER_HOME is {text!r}, and no such folder exists. Next: create it, {otherwise}")
    return folder
