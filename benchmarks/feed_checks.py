"""False alarms of the rules across days on recorded days: `python -m benchmarks.feed_checks DIR`.

Every recorded day is judged against the recorded days before it, as a new answer would be, and nothing is refused: so
each number is that of an honest feed. Prints per rule how often it was applied, the least and the most it measured
against the day before, what is allowed, and how many days it would have refused.
"""

import gzip
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from amc_assets.lake.tables import TABLES
from amc_assets.pipeline.feed_checks.day_rows import DayRows, pair
from amc_assets.pipeline.feed_checks.earlier_days import MOST_DAYS, of_table
from amc_assets.pipeline.feed_checks.judge import judge
from amc_assets.pipeline.feed_checks.limits import load_feed_limits
from amc_assets.pipeline.feed_checks.rules import RULES, rule_names

Days = Iterator[tuple[date, pa.Table]]


@dataclass
class Tally:
    """What one rule measured on a set of days."""

    values: list[tuple[float, date]] = field(default_factory=list)
    alarms: list[date] = field(default_factory=list)


def bars(path: Path, names: Sequence[str]) -> Days:
    """Yield the days of a file of bars; ``names`` are its columns of day, symbol, close and volume."""
    table = pq.read_table(path, columns=list(names)).rename_columns(
        ["trade_date", "symbol", "close_usd", "volume_shares"]
    )
    table = table.append_column("source", pa.repeat(pa.scalar("polygon.grouped_daily"), table.num_rows))
    table = table.sort_by("trade_date")
    days, starts = np.unique(table.column("trade_date").to_numpy(), return_index=True)
    ends = [*starts[1:], table.num_rows]
    for day, start, end in zip(days.tolist(), starts.tolist(), ends, strict=True):
        yield day, table.slice(start, end - start)


def short_volume(folder: Path) -> Days:
    """Yield the daily files of short volume."""
    for path in sorted(folder.glob("NYSEGRPshvol*.txt.gz")):
        lines = gzip.decompress(path.read_bytes()).decode("latin-1").splitlines()
        rows = [line.split("|") for line in lines[1:] if line.count("|") >= 4]
        yield (
            _day_of(path),
            pa.table(
                {
                    "symbol": [row[1] for row in rows],
                    "short_volume_shares": [float(row[2]) for row in rows],
                    "total_volume_shares": [float(row[4]) for row in rows],
                    "source": ["finra.short_volume"] * len(rows),
                }
            ),
        )


def short_interest(folder: Path) -> Days:
    """Yield the reports of short interest."""
    for path in sorted(folder.glob("shrt*.csv.gz")):
        body = gzip.decompress(path.read_bytes())
        options = pv.ParseOptions(delimiter="|", quote_char=False)
        rows = pv.read_csv(pa.BufferReader(body), parse_options=options)
        names = {name.lower().replace(" ", ""): name for name in rows.column_names}
        symbol, shares = names["symbolcode"], names["currentshortpositionquantity"]
        yield (
            _day_of(path),
            pa.table(
                {
                    "symbol": rows.column(symbol).cast(pa.string()),
                    "short_interest_shares": rows.column(shares).cast(pa.float64()),
                    "source": pa.repeat(pa.scalar("finra.short_interest"), rows.num_rows),
                }
            ),
        )


def history_interest(path: Path) -> Days:
    """Yield the reports of three years, exchange-listed names."""
    table = pq.read_table(path, columns=["settlement_date", "symbol", "shares_short"])
    for day in sorted(table.column("settlement_date").unique().to_pylist()):
        rows = table.filter(pc.equal(table.column("settlement_date"), pa.scalar(day, table.schema.field(0).type)))
        yield (
            (day if isinstance(day, date) else date.fromisoformat(str(day)[:10])),
            pa.table(
                {
                    "symbol": rows.column("symbol"),
                    "short_interest_shares": rows.column("shares_short").cast(pa.float64()),
                    "source": pa.repeat(pa.scalar("finra.short_interest"), rows.num_rows),
                }
            ),
        )


def measured(table: str, days: Days, *, is_gap: bool) -> tuple[dict[str, Tally], int]:
    """Return what every rule of a table measured over the days, and how many days there were.

    is_gap: the only earlier day is the oldest in reach, as after an interruption.
    """
    limits = load_feed_limits(rule_names())
    own, found, count = limits.tables[table], {rule.name: Tally() for rule in RULES[table]}, 0
    earlier: deque[DayRows] = deque(maxlen=MOST_DAYS)
    for day, rows in days:
        answer = of_table(TABLES[table], day, rows)
        near = [one for one in earlier if (day - one.day).days <= own.most_days_apart]
        near = near[-1:] if is_gap else near
        for broken in judge(answer, near, RULES[table], own.rules, limits.least_names).broken:
            found[broken.rule.name].alarms.append(day)
        for rule in RULES[table] if near else ():
            if not rule.needs_other_source:
                found[rule.name].values.append((rule.measure(pair(answer, near[0])).value, day))
        earlier.appendleft(answer)
        count += 1
    return found, count


def show(title: str, table: str, days: Days, *, is_gap: bool = False) -> None:
    """Print one row per rule."""
    found, count = measured(table, days, is_gap=is_gap)
    allowed = load_feed_limits(rule_names()).tables[table].rules
    for name, tally in found.items():
        values = [item for item in tally.values if not np.isnan(item[0])]
        if not values:
            continue
        least, most = min(values), max(values)
        print(
            f"| {title} | `{table}` | `{name}` | {count} | {least[0]:.4g} ({least[1]}) | {most[0]:.4g} ({most[1]}) | "
            f"{allowed[name].least:g} to {allowed[name].most:g} | {len(tally.alarms)} |"
        )


def _day_of(path: Path) -> date:
    digits = re.search(r"\d{8}", path.name)
    assert digits is not None, path
    return date.fromisoformat(digits[0])


def main(folder: Path) -> None:
    """Measure every recorded table of a folder that has days after each other."""
    print("| days | table | rule | judged | least | most | allowed | refused |")
    print("|---|---|---|---:|---|---|---|---:|")
    named = ["trade_date", "symbol", "close_usd", "volume_shares"]
    plain = ["trade_date", "symbol", "close", "volume"]
    show("winter 2020-21", "daily_bars", bars(folder / "bars" / "daily_bars.parquet", named))
    show("2018-2021", "daily_bars", bars(folder / "history" / "bars.parquet", plain))
    show("2018-2021, after a gap", "daily_bars", bars(folder / "history" / "bars.parquet", plain), is_gap=True)
    show("winter 2020-21", "short_volume", short_volume(folder / "nyse_short_volume"))
    show("winter, after a gap", "short_volume", short_volume(folder / "nyse_short_volume"), is_gap=True)
    show("winter 2020-21", "short_interest", short_interest(folder / "finra_short_interest"))
    show("2018-2021", "short_interest", history_interest(folder / "history" / "short_interest.parquet"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
