"""What a table of the lake must look like: columns with units, key and partition; ``conformity`` refuses the rest."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from amc_assets.lake.column import Column, ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Column", "ColumnType", "SchemaError", "TableSchema"]


class SchemaError(ValueError):
    """Rows do not fit the declared table; the message lists every problem, not the first."""


@dataclass(frozen=True)
class TableSchema:
    """One table. ``vintaged`` tables keep every known version of a row; others hold one file per ``part`` (run)."""

    name: str
    description: str
    partition_by: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    vintaged: bool

    @cached_property
    def arrow(self) -> "pa.Schema":
        """Arrow schema, nullability included."""
        import pyarrow as pa  # noqa: PLC0415 - declarations are read at every start of the code location

        return pa.schema([pa.field(c.name, c.arrow_type, nullable=c.nullable) for c in self.columns])

    def conform(self, table: "pa.Table") -> "pa.Table":
        """Return ``table`` with exactly the declared columns and types; raise SchemaError with all problems."""
        from amc_assets.lake.conformity import problems_of  # noqa: PLC0415 - as above

        table = table.unify_dictionaries()
        problems = problems_of(self, table)
        if problems:
            raise SchemaError(f"table {self.name!r} refuses these rows: " + "; ".join(problems))
        return table.select(self.arrow.names).cast(self.arrow)
