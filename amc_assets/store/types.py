"""Column types that refuse, identically on SQLite and PostgreSQL, what a column cannot hold truthfully.

SQLite would store a naive time, a NaN or a NumPy integer (as a blob) without a word; PostgreSQL would fail later
and less clearly.
"""

import math
import operator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, Dialect, Double, Integer, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from amc_assets.store.errors import BadValueError
from amc_assets.store.scrub import safe_text, storable

INTEGER_MAX = 2**31 - 1
ROUNDING = 1e-9


def json_type() -> TypeEngine[Any]:
    """Return JSONB on PostgreSQL and JSON text elsewhere; None is SQL NULL, never the JSON null."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def text_list_type() -> TypeEngine[Any]:
    """Return TEXT[] on PostgreSQL and a JSON list elsewhere."""
    return JSON(none_as_null=True).with_variant(ARRAY(Text), "postgresql")


class UtcInstant(TypeDecorator[datetime]):
    """Hold an instant: aware in, UTC out. SQLite keeps the UTC wall time as text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> datetime | None:
        """Convert to UTC; raise BadValueError for anything but an aware datetime."""
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise BadValueError(
                f"{value!r} is not an instant: it has no time zone. Pass an aware datetime, such as datetime.now(UTC)"
            )
        at = value.astimezone(UTC)
        zone = UTC if dialect.name == "postgresql" else None
        # rebuilt: a pandas Timestamp is a datetime that drivers do not know
        return datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=zone)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Return the instant in UTC, whatever the time zone of the database session."""
        if value is None:
            return None
        at: datetime = value
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class ExchangeDate(TypeDecorator[date]):
    """Hold a date of the exchange calendar; a datetime is refused, its date depends on a time zone."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> date | None:
        """Pass a date on; raise BadValueError for anything else."""
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        raise BadValueError(f"{value!r} is not an exchange date; pass a datetime.date")


class Count(TypeDecorator[int]):
    """Hold a whole number from 0 to 2**31 - 1 (counts, milliseconds, status codes)."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> int | None:
        """Return a plain int; raise BadValueError for fractions, booleans, negative and too large numbers."""
        if value is None:
            return None
        try:
            number = operator.index(value)
        except TypeError:
            number = -1
        if isinstance(value, bool) or not 0 <= number <= INTEGER_MAX:
            raise BadValueError(f"{value!r} is not a count; pass a whole number from 0 to {INTEGER_MAX}")
        return number


class Flag(TypeDecorator[bool]):
    """Hold true or false, NumPy's included; 0, 1 and text are refused."""

    impl = Boolean
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> bool | None:
        """Return a plain bool; raise BadValueError for anything that is not a truth value."""
        plain = value.item() if hasattr(value, "item") else value
        if plain is None or isinstance(plain, bool):
            return plain
        raise BadValueError(f"{value!r} is neither true nor false; pass a bool, or None when it is not known")


def _unit_interval(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError):  # pandas' NA among them
        number = math.nan
    if not -ROUNDING <= number <= 1 + ROUNDING:
        raise BadValueError(
            f"{value!r} is not a fraction from 0 to 1; divide a percentage by 100, and write a missing score as None"
        )
    return min(max(number, 0.0), 1.0)


class UnitInterval(TypeDecorator[float]):
    """Hold a score or confidence from 0 to 1 in full precision."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> float | None:
        """Return a plain float; raise BadValueError for NaN, text and numbers outside 0..1."""
        return _unit_interval(value)


class UnitInterval4(TypeDecorator[float]):
    """Hold a score from 0.0000 to 1.0000: the brief's DECIMAL(5,4), rounded alike on both databases."""

    impl = Numeric(5, 4, asdecimal=False)
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> float | None:
        """Round to four decimals; raise BadValueError as UnitInterval does."""
        number = _unit_interval(value)
        return None if number is None else round(number, 4)

    def process_result_value(self, value: Any, _dialect: Dialect) -> float | None:
        """Return a plain float: SQLite keeps 0.0 and 1.0 of a NUMERIC column as whole numbers."""
        return None if value is None else float(value)


class Label(TypeDecorator[str]):
    """Hold a name of at most `length` characters; a longer or unstorable one is refused, never cut."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        """Set the greatest number of characters."""
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Pass a fitting name on; raise BadValueError for anything else."""
        if value is None:
            return None
        if not isinstance(value, str) or not value or len(value) > self.length or storable(value) != value:
            raise BadValueError(f"{str(value)[:80]!r} is not a name of 1 to {self.length} storable characters")
        return str(value)


class SafeText(TypeDecorator[str]):
    """Hold free text, masked (`mask_secrets`), made storable and cut at `limit` characters."""

    impl = Text
    cache_ok = True

    def __init__(self, limit: int, *, varchar: bool = False) -> None:
        """Set the cut; `varchar` makes the column VARCHAR(limit) in place of TEXT."""
        super().__init__()
        self.limit = limit
        self.varchar = varchar

    def load_dialect_impl(self, _dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's own type."""
        return String(self.limit) if self.varchar else Text()

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Mask, repair and cut the text."""
        return None if value is None else safe_text(str(value), self.limit)
