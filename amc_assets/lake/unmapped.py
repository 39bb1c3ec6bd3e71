"""Spellings of a partition that no listing knew: kept beside its rows, so that the answer can be asked for again.

FINRA's report of a settlement holds ten thousand names of which the exchanges list half; most others stay unknown.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from amc_assets.lake.damage import DamagedFileError, rename_aside
from amc_assets.lake.files import read_json, replace_file, write_json
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake

LOG = logging.getLogger(__name__)
NAME = "unmapped.json"


def keep_unmapped(lake: Lake, schema: TableSchema, partition: str, spelling: str, texts: Sequence[str]) -> None:
    """Replace what is kept of a partition; without texts nothing is written and an earlier file is emptied."""
    path = lake.root / schema.name / partition / NAME
    content = {"spelling": spelling, "texts": sorted(set(texts))}
    if not path.exists() and not texts:
        return
    if _content(lake, path) != content:
        replace_file(path, lambda temporary: write_json(temporary, content))


def unmapped_of(lake: Lake, schema: TableSchema, partition: str) -> tuple[str, list[str]]:
    """Return the spelling and the texts kept of a partition; none for one without."""
    path = lake.root / schema.name / partition / NAME
    content = _content(lake, path)
    texts = content.get("texts")
    return str(content.get("spelling", "")), [str(text) for text in texts] if isinstance(texts, list) else []


def _content(lake: Lake, path: Path) -> dict[str, object]:
    """Return what is kept, nothing when nothing is; the lake of a run sets a damaged file aside."""
    try:
        return read_json(path) if path.exists() else {}
    except DamagedFileError as error:
        if lake.clock is None:
            raise
        aside = rename_aside(path, lake.clock.now())
        LOG.warning("%s; it is set aside as %s", str(error).partition(". Next: ")[0], aside)
        return {}
