"""The tables of docs/assets.md and docs/schedules.md; ``python -m amc_assets_tests.defs.docs`` writes them."""

from collections.abc import Callable
from pathlib import Path

from amc_assets.defs.catalog import asset_table, schedule_table

DOCS = Path(__file__).resolve().parents[2] / "docs"
TABLES: dict[str, Callable[[], str]] = {"assets": asset_table, "schedules": schedule_table}


def with_table(name: str) -> str:
    """Return the page as it must be: the text of the file, the table of the definitions between its markers."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    begin, end = f"<!-- {name} table: begin -->", f"<!-- {name} table: end -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n{TABLES[name]()}\n{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    for page in TABLES:
        (DOCS / f"{page}.md").write_text(with_table(page), encoding="utf-8")
