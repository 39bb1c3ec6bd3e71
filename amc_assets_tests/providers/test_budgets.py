"""Parsing stays close to its floor, the bare decoder on the same bytes in the same process; times are printed.

The budgets of the specification (3 ms a FINRA day, 6 ms a grouped day on a quiet core) are kept by the benchmarks;
here a ratio guards against an accidental Python loop over rows, which costs twenty times the floor.
"""

import gc
import random
import time
from collections.abc import Callable

import msgspec
import pyarrow as pa
from pyarrow import csv

from amc_assets.providers.finra.files import parse_short_volume, short_volume_request
from amc_assets.providers.polygon.bars import grouped_daily_request, parse_grouped_daily
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.finra_bodies import DAY, short_volume
from amc_assets_tests.providers.cards.polygon_bodies import bar, bars
from amc_assets_tests.providers.roads import KEY


def best_ms(work: Callable[[], object], repeats: int = 15) -> float:
    """Return the least processor time of some repeats, in milliseconds."""
    times = []
    gc.collect()
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return 1000 * min(times)


def symbols(count: int) -> list[str]:
    """Return distinct symbols in order."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [a + b + c for a in letters for b in letters for c in letters][:count]


def test_a_finra_day(record_property) -> None:
    randomness = random.Random(1)
    rows = [(s, randomness.randrange(10**6), 0, 10**6 + randomness.randrange(10**6)) for s in symbols(9300)]
    body, request = short_volume(rows), short_volume_request(BASE, DAY)
    start = body.index(b"\n") + 1
    data = body[start : body.rindex(b"\n") + 1]

    def bare() -> object:
        options = csv.ReadOptions(autogenerate_column_names=True, use_threads=False)
        return csv.read_csv(pa.BufferReader(data), read_options=options, parse_options=csv.ParseOptions(delimiter="|"))

    assert parse_short_volume(body, request).table.num_rows == 9300
    ours, floor = best_ms(lambda: parse_short_volume(body, request)), best_ms(bare)
    record_property("finra_day_ms", round(ours, 2))
    print(f"FINRA day, 9,300 rows: {ours:.2f} ms, bare pyarrow {floor:.2f} ms")  # noqa: T201
    assert ours <= 4 * floor


def test_a_grouped_day(record_property) -> None:
    randomness = random.Random(1)
    rows = []
    for symbol in symbols(11_000):
        low = round(randomness.uniform(1, 300), 4)
        prices = {"l": low, "o": low + 0.25, "c": low + 0.5, "h": low + 1, "vw": low + 0.3}
        rows.append(bar(symbol, v=float(randomness.randrange(10**7)), n=randomness.randrange(10**5), **prices))
    body, request = bars(rows), grouped_daily_request(BASE, KEY, DAY, adjusted=False)
    decoder = msgspec.json.Decoder()
    assert parse_grouped_daily(body, request).table.num_rows == 11_000
    ours, floor = best_ms(lambda: parse_grouped_daily(body, request)), best_ms(lambda: decoder.decode(body))
    record_property("grouped_day_ms", round(ours, 2))
    print(f"grouped day, 11,000 rows: {ours:.2f} ms, bare msgspec untyped {floor:.2f} ms")  # noqa: T201
    assert ours <= 3 * floor
