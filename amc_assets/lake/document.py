"""The tables of the lake as people see them: docs/lake.md holds exactly this between its markers."""

from amc_assets.lake.schema import Column, TableSchema
from amc_assets.lake.tables import TABLES

BEGIN, END = "<!-- lake tables: begin -->", "<!-- lake tables: end -->"


def lake_tables() -> str:
    """Return every table as Markdown: what it holds, its file, its key, and one row per column."""
    return "\n\n".join(_section(schema) for schema in TABLES.values()) + "\n"


def _section(schema: TableSchema) -> str:
    file = "data.parquet" if schema.vintaged else "<run>.parquet"
    kept = "every version of a row is kept" if schema.vintaged else "one file per run, replaced when it is repeated"
    key = ", ".join(f"`{name}`" for name in schema.key)
    lines = [
        f"### {schema.name}",
        "",
        schema.description,
        "",
        f"File `{schema.name}/<{schema.partition_by}>/{file}`; {kept}. Key: {key}.",
        "",
        "| column | type | unit | empty | meaning |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(column) for column in schema.columns)])


def _row(column: Column) -> str:
    empty = "yes" if column.nullable else "no"
    return f"| `{column.name}` | {column.type} | {column.unit} | {empty} | {column.description} |"
