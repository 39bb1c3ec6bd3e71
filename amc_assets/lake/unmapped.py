"""Spellings of a partition that no listing knew: kept beside its rows, so that the answer can be asked for again.

FINRA's report of a settlement holds ten thousand names of which the exchanges list half; most others stay unknown.
"""

from collections.abc import Sequence

from amc_assets.lake.files import read_json, replace_file, write_json
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake

NAME = "unmapped.json"


def keep_unmapped(lake: Lake, schema: TableSchema, partition: str, spelling: str, texts: Sequence[str]) -> None:
    """Replace what is kept of a partition; without texts nothing is written and an earlier file is emptied."""
    path = lake.root / schema.name / partition / NAME
    content = {"spelling": spelling, "texts": sorted(set(texts))}
    if not path.exists() and not texts:
        return
    if not path.exists() or read_json(path) != content:
        replace_file(path, lambda temporary: write_json(temporary, content))


def unmapped_of(lake: Lake, schema: TableSchema, partition: str) -> tuple[str, list[str]]:
    """Return the spelling and the texts kept of a partition; none for one without."""
    path = lake.root / schema.name / partition / NAME
    if not path.exists():
        return "", []
    content = read_json(path)
    texts = content.get("texts")
    return str(content.get("spelling", "")), [str(text) for text in texts] if isinstance(texts, list) else []
