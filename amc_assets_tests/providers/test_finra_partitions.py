"""The dates FINRA's query API holds: newest first, odd ones counted, and no list when it is not offered."""

from collections.abc import Callable
from datetime import date

import httpx
import pytest

from amc_assets.providers.errors import MalformedBody, ServerFault
from amc_assets.providers.exchange import Parser, Request
from amc_assets.providers.finra.client import Finra
from amc_assets.providers.finra.partitions import (
    parse_settlements,
    parse_trade_dates,
    settlements_request,
    trade_dates_request,
)
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.finra_bodies import API, page, partitions
from amc_assets_tests.providers.roads import Road, in_turn, open_road

GOOD = [f"2026-01-{day:02d}" for day in range(1, 26)]
both_calls = pytest.mark.parametrize(
    ("ask", "address"),
    [(Finra.settlements, "consolidatedShortInterest"), (Finra.trade_dates, "regShoDaily")],
    ids=["settlements", "trade dates"],
)
both_lists = pytest.mark.parametrize(
    ("parse", "request_to"),
    [(parse_settlements, settlements_request(API)), (parse_trade_dates, trade_dates_request(API))],
    ids=["settlements", "trade dates"],
)


def finra(road: Road) -> Finra:
    """Return the client on a road."""
    return Finra(road.transport, API, BASE, road.clock)


@both_calls
def test_dates_are_newest_first_and_asked_of_the_partitions_address(tmp_path, ask: Callable, address: str) -> None:
    road = open_road(tmp_path, in_turn(httpx.Response(200, content=partitions(["2026-08-14", "2026-08-31"]))))
    assert ask(finra(road)) == [date(2026, 8, 31), date(2026, 8, 14)]
    assert str(road.asked[0].url) == f"{BASE}/partitions/group/otcMarket/name/{address}"


@both_calls
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_list_that_is_not_offered_is_empty_and_an_outage_is_an_error(tmp_path, ask, address, status) -> None:
    assert ask(finra(open_road(tmp_path / "refused", in_turn(httpx.Response(status))))) == []
    with pytest.raises(ServerFault):
        ask(finra(open_road(tmp_path / "down", in_turn(httpx.Response(503)))))


@both_lists
@pytest.mark.parametrize(
    "odd",
    [[], ["soon"], ["2026-02-30"], ["20260130"], ["2026-W05-1"], [" 2026-01-30"], [None], [5]],
    ids=repr,
)
def test_an_entry_that_is_no_date_is_counted(parse: Parser, request_to: Request, odd: list[object]) -> None:
    entries = [{"partitions": [day]} for day in GOOD]
    parsed = parse(page({"availablePartitions": [*entries, {"partitions": odd}]}), request_to)
    assert (parsed.table.num_rows, parsed.rejected) == (25, {"unreadable_date": 1})
    assert parsed.samples[0].startswith("unreadable_date")
    with pytest.raises(MalformedBody, match="unreadable_date 1"):
        parse(page({"availablePartitions": [{"partitions": odd}]}), request_to)
