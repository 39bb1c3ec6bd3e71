"""Reading Polygon's large answers stays close to the bare decoder on the same bytes; times are printed.

The budget of the specification (8 ms for a chain of 3,000 contracts on a quiet core) is measured; here a ratio to
msgspec's untyped decoder, in the same process, guards against an accidental second pass over the rows.
"""

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from amc_assets.providers.exchange import Fetched
from amc_assets.providers.polygon.options import CONTRACT_KEY, option_snapshot_request, parse_option_snapshot
from amc_assets.providers.polygon.snapshot import market_snapshot_request, parse_market_snapshot
from amc_assets.providers.wire.pages import merge_pages
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import answer, full_contract, market, name
from amc_assets_tests.providers.roads import KEY

PAGE_ROWS, PAGES, NAMES = 250, 12, 11_000


def best_ms(work: Callable[[], object], repeats: int = 12) -> float:
    """Return the least processor time of some repeats, in milliseconds."""
    times = []
    gc.collect()
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return 1000 * min(times)


def test_a_chain_of_3000_contracts(record_property) -> None:
    request = option_snapshot_request(BASE, KEY, "GME")
    pages = [answer([full_contract(1 + PAGE_ROWS * page + n) for n in range(PAGE_ROWS)]) for page in range(PAGES)]
    now, bare = datetime(2026, 11, 20, tzinfo=UTC), msgspec.json.Decoder()

    def read() -> Fetched:
        fetched = [Fetched(parse_option_snapshot(page, request), now, "polygon.option_snapshot") for page in pages]
        return merge_pages(fetched, request, CONTRACT_KEY)

    assert read().parsed.table.num_rows == PAGE_ROWS * PAGES
    ours, floor = best_ms(read), best_ms(lambda: [bare.decode(page) for page in pages])
    record_property("option_chain_ms", round(ours, 2))
    print(f"option chain, 3,000 contracts in 12 pages: {ours:.2f} ms, bare msgspec untyped {floor:.2f} ms")  # noqa: T201
    assert ours <= 5 * floor


def test_the_whole_market(record_property) -> None:
    request, bare = market_snapshot_request(BASE, KEY), msgspec.json.Decoder()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    body = market([name(a + b + c) for a in letters for b in letters for c in letters][:NAMES])
    assert parse_market_snapshot(body, request).table.num_rows == NAMES
    ours, floor = best_ms(lambda: parse_market_snapshot(body, request)), best_ms(lambda: bare.decode(body))
    record_property("market_snapshot_ms", round(ours, 2))
    print(f"market snapshot, 11,000 names: {ours:.2f} ms, bare msgspec untyped {floor:.2f} ms")  # noqa: T201
    assert ours <= 5 * floor
