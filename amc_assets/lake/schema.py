"""What a table of the lake must look like: columns with units, key and partition; ``conformity`` refuses the rest."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from amc_assets.lake.column import Column, ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Column", "ColumnType", "SchemaError", "TableSchema"]


FILLED_BY_LAKE = frozenset({"arrived_at", "is_withdrawn"})
OF_THE_SOURCE = frozenset({"source", "known_at", "is_simulated"})


class SchemaError(ValueError):
    """Rows do not fit the declared table; the message lists every problem, not the first."""


@dataclass(frozen=True)
class TableSchema:
    """One table. ``vintaged`` tables keep every known version of a row; others hold one file per ``part`` (run).

    ``is_public_by_date``: each row is public at an instant of its own (a split at the open of its execution date, an
    item at its publication), so a row that was asked for late keeps that instant as ``known_at``. Rows of other tables
    come out as one file: what a later answer adds to it is known from that answer on.
    """

    name: str
    description: str
    partition_by: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    vintaged: bool
    is_public_by_date: bool = False

    @cached_property
    def arrow(self) -> "pa.Schema":
        """Arrow schema, nullability included."""
        import pyarrow as pa  # noqa: PLC0415 - declarations are read at every start of the code location

        return pa.schema([pa.field(c.name, c.arrow_type, nullable=c.nullable) for c in self.columns])

    @property
    def given_names(self) -> tuple[str, ...]:
        """Columns that a caller of ``Lake.write`` gives; the lake fills in the others."""
        return tuple(column.name for column in self.columns if column.name not in FILLED_BY_LAKE)

    @property
    def own_names(self) -> tuple[str, ...]:
        """Columns that say something of the row itself: without its partition's date and without provenance."""
        return tuple(name for name in self.given_names if name not in {self.partition_by, *OF_THE_SOURCE})

    def conform(self, table: "pa.Table") -> "pa.Table":
        """Return ``table`` with exactly the declared columns and types; raise SchemaError with all problems."""
        from amc_assets.lake.conformity import problems_of  # noqa: PLC0415 - as above

        table = table.unify_dictionaries()
        problems = problems_of(self, table)
        if problems:
            raise SchemaError(f"table {self.name!r} refuses these rows: " + "; ".join(problems))
        return table.select(self.arrow.names).cast(self.arrow)
