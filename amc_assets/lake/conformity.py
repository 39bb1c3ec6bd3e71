"""Do rows fit their declared table? Every problem is named, not the first."""

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import Column, TableSchema


def problems_of(schema: TableSchema, table: pa.Table) -> list[str]:
    """Return every way in which rows do not fit their declaration; an empty list means they do."""
    declared = [column.name for column in schema.columns]
    missing = [name for name in declared if name not in table.column_names]
    extra = [name for name in table.column_names if name not in declared]
    problems = [f"column {name!r} is missing" for name in missing]
    problems += [f"column {name!r} is not declared" for name in extra]
    for column in schema.columns:
        if column.name not in missing:
            problems += _value_problems(column, table.column(column.name))
    return problems if missing else problems + _key_problems(schema, table)


def _key_problems(schema: TableSchema, table: pa.Table) -> list[str]:
    distinct = table.group_by(list(schema.key), use_threads=False).aggregate([]).num_rows
    if distinct == table.num_rows:
        return []
    return [f"{table.num_rows - distinct} rows repeat a key ({', '.join(schema.key)})"]


def _value_problems(column: Column, values: pa.ChunkedArray) -> list[str]:
    problems = []
    if not column.nullable and values.null_count:
        problems.append(f"{values.null_count} empty values in {column.name!r}")
    if pa.types.is_floating(values.type):
        bad = pc.sum(pc.invert(pc.is_finite(values))).as_py() or 0
        if bad:
            problems.append(f"{bad} NaN or infinite values in {column.name!r} (a missing value is null)")
    if values.type != column.arrow_type and not _castable(values, column.arrow_type):
        problems.append(f"{column.name!r} is {values.type}, declared {column.arrow_type}")
    return problems


def _castable(values: pa.ChunkedArray, to: pa.DataType) -> bool:
    try:
        values.cast(to)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True
