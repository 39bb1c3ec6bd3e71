"""A table refuses what it does not understand, and says all of it at once."""

import pyarrow as pa
import pytest

from amc_assets.lake.schema import SchemaError
from amc_assets.lake.tables import TABLES
from amc_assets.lake.vintages import with_arrival
from amc_assets_tests.lake.rows import NOTES, START, notes

GOOD = with_arrival(NOTES, notes([("A", 1.0, "x"), ("B", None, None)]), START).select(NOTES.arrow.names)


def exchanged(name: str, values: pa.Array) -> pa.Table:
    return GOOD.set_column(GOOD.column_names.index(name), name, values)


def test_good_rows_pass_in_any_column_order():
    turned = GOOD.select(GOOD.column_names[::-1])
    assert NOTES.conform(turned).equals(GOOD.cast(NOTES.arrow))


def test_a_castable_type_is_cast():
    table = exchanged("value", pa.array([1, None], pa.int32()))
    assert NOTES.conform(table).schema.equals(NOTES.arrow)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (GOOD.drop_columns(["value"]), ["column 'value' is missing"]),
        (GOOD.drop_columns(["symbol", "text"]), ["column 'symbol' is missing", "column 'text' is missing"]),
        (GOOD.append_column("colour", pa.array(["red", "blue"])), ["column 'colour' is not declared"]),
        (exchanged("symbol", pa.array(["A", None])), ["1 empty values in 'symbol'"]),
        (exchanged("value", pa.array([1.0, float("nan")])), ["1 NaN or infinite values in 'value'"]),
        (exchanged("value", pa.array([float("inf"), float("-inf")])), ["2 NaN or infinite values in 'value'"]),
        (exchanged("value", pa.array(["one", "two"])), ["'value' is string, declared double"]),
        (exchanged("symbol", pa.array(["A", "A"])), ["1 rows repeat a key (symbol)"]),
        (exchanged("known_at", pa.nulls(2, NOTES.arrow.field("known_at").type)), ["2 empty values in 'known_at'"]),
    ],
)
def test_each_fault_is_refused_by_name(table: pa.Table, words: list[str]):
    with pytest.raises(SchemaError) as caught:
        NOTES.conform(table)
    for word in words:
        assert word in str(caught.value)
    assert "'notes'" in str(caught.value)


def test_all_problems_are_listed_together():
    table = pa.table(
        {
            "symbol": ["A", "A"],
            "value": ["one", "two"],
            "effective_date": pa.nulls(2, pa.date32()),
            "known_at": pa.array([START, None], NOTES.arrow.field("known_at").type),
            "colour": ["red", "blue"],
        }
    )
    with pytest.raises(SchemaError) as caught:
        NOTES.conform(table)
    for word in ("'text' is missing", "'colour' is not declared", "'value' is string", "1 empty values in 'known_at'"):
        assert word in str(caught.value)
    with pytest.raises(SchemaError, match="repeat a key"):
        NOTES.conform(exchanged("symbol", pa.array(["A", "A"])).append_column("colour", pa.array(["red", "blue"])))


@pytest.mark.parametrize("name", TABLES)
def test_every_declared_table_is_sound(name: str):
    table = TABLES[name]
    columns = table.arrow.names
    assert len(set(columns)) == len(columns)
    assert set(table.key) <= {column.name for column in table.columns if not column.nullable}
    assert not table.vintaged or {"known_at", "arrived_at", "source", "is_withdrawn"} <= set(columns)
    assert table.conform(table.arrow.empty_table()).num_rows == 0
