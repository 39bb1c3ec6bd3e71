"""What a table of the lake must look like: columns with units, key, partition, and the check that refuses the rest."""

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc


class SchemaError(ValueError):
    """Rows do not fit the declared table; the message lists every problem, not the first."""


@dataclass(frozen=True)
class Column:
    """One column: its unit is part of its name (`_shares _usd _frac _days _date _at`) and repeated for the UI."""

    name: str
    type: pa.DataType
    unit: str
    description: str
    nullable: bool = False


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
    def arrow(self) -> pa.Schema:
        """Arrow schema, nullability included."""
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])

    def conform(self, table: pa.Table) -> pa.Table:
        """Return ``table`` with exactly the declared columns and types; raise SchemaError with all problems."""
        table = table.unify_dictionaries()
        problems = self._column_problems(table)
        if problems:
            raise SchemaError(f"table {self.name!r} refuses these rows: " + "; ".join(problems))
        return table.select(self.arrow.names).cast(self.arrow)

    def _column_problems(self, table: pa.Table) -> list[str]:
        missing = [c.name for c in self.columns if c.name not in table.column_names]
        extra = [name for name in table.column_names if name not in self.arrow.names]
        problems = [f"column {name!r} is missing" for name in missing]
        problems += [f"column {name!r} is not declared" for name in extra]
        for column in self.columns:
            if column.name not in missing:
                problems += _value_problems(column, table.column(column.name))
        if not missing:
            problems += self._key_problems(table)
        return problems

    def _key_problems(self, table: pa.Table) -> list[str]:
        distinct = table.group_by(list(self.key), use_threads=False).aggregate([]).num_rows
        if distinct == table.num_rows:
            return []
        return [f"{table.num_rows - distinct} rows repeat a key ({', '.join(self.key)})"]


def _value_problems(column: Column, values: pa.ChunkedArray) -> list[str]:
    problems = []
    if not column.nullable and values.null_count:
        problems.append(f"{values.null_count} empty values in {column.name!r}")
    if pa.types.is_floating(values.type):
        bad = pc.sum(pc.invert(pc.is_finite(values))).as_py() or 0
        if bad:
            problems.append(f"{bad} NaN or infinite values in {column.name!r} (a missing value is null)")
    if values.type != column.type and not _castable(values, column.type):
        problems.append(f"{column.name!r} is {values.type}, declared {column.type}")
    return problems


def _castable(values: pa.ChunkedArray, to: pa.DataType) -> bool:
    try:
        values.cast(to)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True
