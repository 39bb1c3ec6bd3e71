"""Contract cards of FINRA."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from amc_assets.clock import FixedClock
from amc_assets.providers.dataset import Dataset
from amc_assets.providers.errors import NotFound, NotYetPublished, RateLimited, Unauthorized
from amc_assets.providers.exchange import Request
from amc_assets.providers.finra import files, interest, partitions, reg_sho, threshold, token
from amc_assets.providers.finra.catalog import DATASETS
from amc_assets.providers.finra.query import refused_query
from amc_assets_tests.providers.cards import finra_bodies as wire
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status
from amc_assets_tests.providers.cards.finra_bodies import API, DAY, SETTLEMENT, SYMBOLS
from amc_assets_tests.providers.roads import EVENING

DATASET: Mapping[str, Dataset] = {dataset.name: dataset for dataset in DATASETS}
NO_KEY = {"key_in_no_output": "the request carries no key"}
SMALL = 24  # rows: with less than 21 a single refused row would refuse the whole, and no accounting be seen
REFUSALS = {
    "401": Status(401, Unauthorized, wire.BAD_REQUEST),
    "403": Status(403, Unauthorized, wire.BAD_REQUEST),
    "429": Status(429, RateLimited, b"", {"Retry-After": "7"}),
}
IN_200 = {
    "finra error": Body(wire.BAD_REQUEST, error=REFUSED),
    "web page": Body(b"<!DOCTYPE html><html><body>Back soon</body></html>", error=REFUSED),
}


def _shuffled(rows: list[Any]) -> list[Any]:
    return rows[1::2] + rows[::2]


def _file_card(name: str, request: Request, path: str) -> Card:
    rows = [(symbol, "7.5", 0, "20.25") for symbol in SYMBOLS]
    body = wire.short_volume(rows)
    first = rows[0]
    return Card(
        dataset=DATASET[name],
        request=request,
        sent=("GET", path),
        good=Body(body, rows=60),
        keys=("source_symbol",),
        small=body,
        rows_sent=lambda text: text.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[2].rstrip().count(b"\n"),
        empty=Body(wire.short_volume([])),
        not_found=Status(404, NotYetPublished, b"<!DOCTYPE HTML><html><title>404 Not Found</title>"),
        statuses={**REFUSALS, "403": Status(403, NotYetPublished, wire.DENIED)},
        error_in_200={**IN_200, "denied": Body(wire.DENIED, error=REFUSED)},
        duplicated={
            "same": Body(wire.short_volume([*rows, first]), 60, {"duplicate_row": 1}),
            "other": Body(wire.short_volume([*rows, (first[0], 9, 0, 20)]), 59, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(wire.short_volume(_shuffled(rows)), rows=60),
        wrong_column={
            "renamed": Body(body.replace(b"ShortVolume|", b"ShortSales|", 1), error=REFUSED),
            "one more": Body(body.replace(b"|Market\n", b"|Market|Extra\n"), error=REFUSED),
        },
        not_a_number={
            value: Body(wire.short_volume([(first[0], value, 0, value), *rows[1:]]), 59, {"missing_number": 1})
            for value in ("nan", "inf", "")
        },
        read_refusal=files.absent_file(FixedClock(EVENING)),
        not_applicable=NO_KEY,
    )


def _query_card(
    name: str, request: Request, address: str, rows: list[dict[str, Any]], number: str, **more: Any
) -> Card:
    """Return the card of a query dataset; ``number`` is a field whose value must be a number (empty: there is none)."""
    odd = {}
    for value in ("NaN", "Infinity", "-Infinity") if number else ():
        text = wire.page([{**rows[0], number: 424242}, *rows[1:]]).replace(b"424242", value.encode())
        odd[value] = Body(text, error=REFUSED)
    if number:
        huge = wire.page([{**rows[0], number: 424242}, *rows[1:]]).replace(b"424242", b"1e999")
        odd["1e999"] = Body(huge, len(rows) - 1, {"unreadable_row": 1})
        quoted = wire.page([{**rows[0], number: "12"}, *rows[1:]])
        odd["text"] = Body(quoted, len(rows) - 1, {"unreadable_row": 1})
    return Card(
        dataset=DATASET[name],
        request=request,
        sent=("POST", f"/data/group/otcMarket/name/{address}"),
        good=Body(wire.page(rows), rows=len(rows)),
        small=wire.page(rows[:SMALL]),
        empty=Body(b"[]"),
        not_found=Body(b""),  # a 204
        statuses=REFUSALS,
        error_in_200=IN_200,
        unsorted=Body(wire.page(_shuffled(rows)), rows=len(rows)),
        not_a_number=odd,
        read_refusal=refused_query(has_token=False),
        **{"rows_sent": wire.json_rows, "not_applicable": NO_KEY, **more},
    )


def _reg_sho_card() -> Card:
    rows = [wire.facility(symbol, code, market) for symbol in SYMBOLS[-20:] for code, market in wire.FACILITIES]
    other = wire.facility(SYMBOLS[-20], *wire.FACILITIES[0], shortParQuantity=41)
    renamed = wire.page(rows).replace(b"shortParQuantity", b"shortQuantity")
    return _query_card(
        "reg_sho_daily",
        reg_sho.reg_sho_request(API, DAY),
        "regShoDaily",
        rows,
        "shortParQuantity",
        keys=reg_sho.KEYS,
        duplicated={
            "same": Body(wire.page([*rows, rows[0]]), 60, {"duplicate_row": 1}),
            "other": Body(wire.page([*rows, other]), 59, {"conflicting_duplicate": 2}),
        },
        wrong_column={"renamed": Body(renamed, error=REFUSED)},
    )


def _flagged_rows(body: bytes) -> int | None:
    """Return how many entries there are; None when one of them may be off the list, which is no refusal."""
    count = wire.json_rows(body)
    if count is None:
        return None
    for row in json.loads(body):
        if isinstance(row, dict) and str(row.get("regShoThresholdFlag")).strip().upper() != "Y":
            return None
    return count


def _threshold_card() -> Card:
    rows = [wire.listed(symbol) for symbol in SYMBOLS]
    off = wire.listed("OFF", thresholdListFlag="NR", regShoThresholdFlag="N")
    other = {**rows[0], "issueName": "another name"}
    return _query_card(
        "otc_threshold_list",
        threshold.otc_threshold_request(API, DAY),
        "thresholdList",
        rows,
        "",
        keys=("source_symbol",),
        rows_sent=_flagged_rows,
        duplicated={
            "same": Body(wire.page([*rows, rows[0]]), 60, {"duplicate_row": 1}),
            "other": Body(wire.page([*rows, other]), 59, {"conflicting_duplicate": 2}),
            "not on the list": Body(wire.page([*rows, off]), 60),
        },
        wrong_column={
            "renamed": Body(wire.page(rows).replace(b"issueSymbolIdentifier", b"symbol"), error=REFUSED),
            "flags gone": Body(
                wire.page(rows).replace(b"regShoThresholdFlag", b"a").replace(b"thresholdListFlag", b"b"), error=REFUSED
            ),
        },
        not_applicable={**NO_KEY, "not_a_number": "the list holds no numbers"},
    )


def _interest_card() -> Card:
    rows = [wire.position(symbol) for symbol in SYMBOLS]
    other = {**rows[0], "currentShortPositionQuantity": 2000}
    renamed = wire.page(rows).replace(b"currentShortPositionQuantity", b"currentShortShareNumber")  # the legacy name
    return _query_card(
        "short_interest",
        interest.interest_request(API, SETTLEMENT),
        "consolidatedShortInterest",
        rows,
        "currentShortPositionQuantity",
        keys=("source_symbol",),
        duplicated={
            "same": Body(wire.page([*rows, rows[0]]), 60, {"duplicate_row": 1}),
            "other": Body(wire.page([*rows, other]), 59, {"conflicting_duplicate": 2}),
        },
        wrong_column={"renamed": Body(renamed, error=REFUSED)},
    )


def _data_lines(body: bytes) -> int:
    """Return the lines after the header, a last one without its end among them."""
    data = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").partition(b"\n")[2]
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _interest_file_card() -> Card:
    rows = [wire.position(symbol) for symbol in SYMBOLS]
    body = wire.interest_file(rows)
    other = {**rows[0], "currentShortPositionQuantity": 2000}

    def with_first(value: str) -> bytes:
        return wire.interest_file([{**rows[0], "currentShortPositionQuantity": value}, *rows[1:]])

    return Card(
        dataset=DATASET["short_interest_file"],
        request=interest.interest_file_request(BASE, SETTLEMENT),
        sent=("GET", "/equity/otcmarket/biweekly/shrt20261030.csv"),
        good=Body(body, rows=60),
        keys=("source_symbol",),
        small=wire.interest_file(rows[:36]),
        rows_sent=_data_lines,
        empty=Body(wire.interest_file([])),
        not_found=Status(403, NotFound, wire.DENIED),
        statuses={**REFUSALS, "403": Status(403, NotFound, wire.DENIED)},
        error_in_200=IN_200,
        duplicated={
            "same": Body(wire.interest_file([*rows, rows[0]]), 60, {"duplicate_row": 1}),
            "other": Body(wire.interest_file([*rows, other]), 59, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(wire.interest_file(_shuffled(rows)), rows=60),
        wrong_column={"renamed": Body(body.replace(b"daysToCoverQuantity", b"daysToCover"), error=REFUSED)},
        not_a_number={
            "nan": Body(with_first("nan"), 59, {"unreadable_field": 1}),
            "inf": Body(with_first("inf"), 59, {"unreadable_field": 1}),
            "nothing": Body(with_first(""), 59, {"missing_number": 1}),
            "text": Body(with_first("many"), 59, {"unreadable_field": 1}),
        },
        truncation_hides="the file has no row count: cut between two lines it is a shorter file",
        read_refusal=files.absent_file(FixedClock(EVENING), 10),
        not_applicable=NO_KEY,
    )


def _partitions_rows(body: bytes) -> int | None:
    try:
        entries = json.loads(body)["availablePartitions"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    return len(entries) if isinstance(entries, list) else None


def _partitions_card(name: str, request: Request, address: str, column: str) -> Card:
    days = [(date(2026, 11, 20) - timedelta(days=number)).isoformat() for number in range(60)]
    body = wire.partitions(days)
    return Card(
        dataset=DATASET[name],
        request=request,
        sent=("GET", f"/partitions/group/otcMarket/name/{address}"),
        good=Body(body, rows=60),
        keys=(column,),
        small=wire.partitions(days[:19]),  # an entry without its date is JSON: one in 19 is more than one in twenty
        rows_sent=_partitions_rows,
        empty=Body(wire.partitions([])),
        not_found=Status(404, NotFound, b'{"statusCode":404,"message":"no such dataset"}'),
        statuses=REFUSALS,
        error_in_200=IN_200,
        duplicated={"same": Body(wire.partitions([*days, days[0]]), 60, {"duplicate_row": 1})},
        unsorted=Body(wire.partitions(_shuffled(days)), rows=60),
        wrong_column={"renamed": Body(body.replace(b"availablePartitions", b"partitionList"), error=REFUSED)},
        not_a_number={
            "no date": Body(wire.partitions(["soon", *days[1:]]), 59, {"unreadable_date": 1}),
            "NaN": Body(body.replace(b'"2026-11-20"', b"NaN"), error=REFUSED),
        },
        read_refusal=refused_query(has_token=False),
        not_applicable=NO_KEY,
    )


def _token_card() -> Card:
    body = b'{"access_token": "tok-0123456789abcdef", "scope": "read", "token_type": "Bearer", "expires_in": "1800"}'
    return Card(
        dataset=DATASET["token"],
        request=token.token_request(f"{BASE}/oauth2/access_token", "client-0123456789", "secret-0123456789"),
        sent=("POST", "/oauth2/access_token?grant_type=client_credentials"),
        good=Body(body, rows=1),
        keys=(),
        small=body,
        rows_sent=lambda _: None,
        not_found=Status(404, NotFound, b"tok"),
        statuses={**REFUSALS, "401": Status(401, Unauthorized, b'{"error":"invalid_client"}')},
        error_in_200={**IN_200, "error": Body(b'{"error":"invalid_client"}', error=REFUSED)},
        wrong_column={"renamed": Body(body.replace(b"access_token", b"token"), error=REFUSED)},
        not_a_number={
            value: Body(body.replace(b'"1800"', value.encode()), error=REFUSED)
            for value in ("NaN", "Infinity", '"soon"', '"nan"', "0", "-1")
        },
        read_refusal=token.refused_token(FixedClock(EVENING)),
        not_applicable={
            "empty": "an answer without a token is refused: wrong_column",
            "duplicated": "one object, no rows",
            "unsorted": "one object, no rows",
        },
    )


CARDS: tuple[Card, ...] = (
    _file_card(
        "daily_short_volume", files.short_volume_request(BASE, DAY), "/equity/regsho/daily/CNMSshvol20261120.txt"
    ),
    _file_card(
        "otc_short_volume", files.otc_short_volume_request(BASE, DAY), "/equity/regsho/daily/FORFshvol20261120.txt"
    ),
    _reg_sho_card(),
    _threshold_card(),
    _interest_card(),
    _interest_file_card(),
    _partitions_card(
        "short_interest_settlements",
        partitions.settlements_request(API),
        "consolidatedShortInterest",
        "settlement_date",
    ),
    _partitions_card("trade_dates", partitions.trade_dates_request(API), "regShoDaily", "trade_date"),
    _token_card(),
)
