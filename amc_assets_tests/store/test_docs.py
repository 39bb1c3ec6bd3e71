"""docs/database.md and the tables say the same."""

import re

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn

from amc_assets.store.models import metadata
from amc_assets_tests.store.conftest import ROOT

COLUMN = re.compile(r"^\| `(\w+)` \| `([^`]+)` \| (yes|no) \| (.+) \|$", re.MULTILINE)
INDEX = re.compile(r"^\| `(\w+)` \| `(\w+)` \| ((?:`\w+`(?:, )?)+) \|$", re.MULTILINE)

Columns = dict[str, dict[str, tuple[str, str]]]


def _documented(page: str) -> Columns:
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    tables = {section.split("\n", 1)[0].strip(): COLUMN.findall(section) for section in sections}
    return {
        name: {column: (kind, empty) for column, kind, empty, _meaning in columns}
        for name, columns in tables.items()
        if columns
    }


def _built() -> Columns:
    dialect = postgresql.dialect()
    built: Columns = {}
    for table in metadata.tables.values():
        built[table.name] = {}
        for column in table.columns:
            ddl = str(CreateColumn(column).compile(dialect=dialect)).split(" ", 1)[1]
            kind = re.split(r" (?:NOT NULL|DEFAULT)", ddl)[0].strip()
            built[table.name][column.name] = (kind, "yes" if column.nullable else "no")
    return built


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "database.md").read_text()


def test_every_table_and_column_is_documented(page: str) -> None:
    documented, built = _documented(page), _built()
    assert set(documented) == set(built)
    for table, columns in built.items():
        assert documented[table] == columns


def test_every_index_is_documented(page: str) -> None:
    documented = {(name, table): re.findall(r"`(\w+)`", columns) for name, table, columns in INDEX.findall(page)}
    built = {
        (index.name, table.name): [column.name for column in index.columns]
        for table in metadata.tables.values()
        for index in table.indexes
    }
    assert documented == built


@pytest.mark.parametrize("fault", ["| `rank` | `INTEGER` | no | place", "`NUMERIC(5, 4)`"])
def test_the_comparison_sees_a_planted_difference(page: str, fault: str) -> None:
    assert fault in page
    assert _documented(page.replace(fault, "changed", 1)) != _built()
