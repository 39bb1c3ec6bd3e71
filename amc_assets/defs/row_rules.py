"""Values that cannot be: per table, a sentence and the rows it is true of. Loaded only by a check that runs."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

Rule = Callable[[pa.Table], pa.ChunkedArray]


def broken_rules(table_name: str, table: pa.Table) -> list[str]:
    """Return one sentence with its count for each rule of the table that some row breaks."""
    counts = {sentence: pc.sum(rule(table)).as_py() or 0 for sentence, rule in RULES.get(table_name, {}).items()}
    return [f"{count} rows where {sentence}" for sentence, count in counts.items() if count]


def _below(table: pa.Table, low: str, high: str) -> pa.ChunkedArray:
    return pc.less(table.column(high), table.column(low))


def _negative(table: pa.Table, name: str) -> pa.ChunkedArray:
    return pc.less(table.column(name), 0.0)


RULES: dict[str, dict[str, Rule]] = {
    "daily_bars": {
        "the high is below the low": lambda t: _below(t, "low_usd", "high_usd"),
        "the close is above the high": lambda t: _below(t, "close_usd", "high_usd"),
        "the close is below the low": lambda t: _below(t, "low_usd", "close_usd"),
        "a price is not positive": lambda t: pc.or_kleene(
            pc.less_equal(t.column("low_usd"), 0.0), pc.less_equal(t.column("close_usd"), 0.0)
        ),
        "high and low are not both there or both missing": lambda t: pc.xor(
            pc.is_null(t.column("high_usd")), pc.is_null(t.column("low_usd"))
        ),
        "the volume is negative": lambda t: _negative(t, "volume_shares"),
    },
    "short_volume": {
        "short volume exceeds total volume": lambda t: pc.greater(
            t.column("short_volume_shares"), pc.add(t.column("total_volume_shares"), 1.0)
        ),
        "a volume is negative": lambda t: _negative(t, "short_volume_shares"),
    },
    "short_interest": {
        "shares short are negative": lambda t: _negative(t, "short_interest_shares"),
        "days to cover hold the 999.99 sentinel": lambda t: pc.equal(t.column("days_to_cover_reported"), 999.99),
    },
    "share_counts": {
        "the float is not positive": lambda t: pc.less_equal(t.column("float_shares"), 0.0),
    },
    "universe": {
        "an ineligible name has no reason": lambda t: pc.and_(
            pc.invert(t.column("is_eligible")), pc.is_null(t.column("exclusion_reason"))
        ),
    },
}
