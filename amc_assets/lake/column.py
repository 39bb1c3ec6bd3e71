"""Columns as plain declarations: every start of the code location reads them and must not pay for Arrow (0.15 s)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class ColumnType(StrEnum):
    """What a column holds, in the words of docs/lake.md."""

    TEXT = "text"
    CODE = "text (coded)"
    NUMBER = "float64"
    COUNT = "int32"
    DATE = "date"
    INSTANT = "timestamp (us, UTC)"
    FLAG = "bool"
    TEXTS = "list of text"


@dataclass(frozen=True)
class Column:
    """One column: its unit is part of its name (`_shares _usd _frac _days _date _at`) and repeated for the UI.

    ``is_young``: the column came after files of the table were written; those are read with it empty.
    """

    name: str
    type: ColumnType
    unit: str
    description: str
    nullable: bool = False
    is_young: bool = False

    @property
    def arrow_type(self) -> "pa.DataType":
        """Arrow type of the column."""
        from amc_assets.lake.arrow_types import arrow_type  # noqa: PLC0415 - see the module docstring

        return arrow_type(self.type)
