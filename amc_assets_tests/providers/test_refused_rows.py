"""The one rule for bodies with odd rows, and whose rows were refused: small bodies, parts of an answer, each parser."""

from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import numpy as np
import pyarrow as pa
import pytest

from amc_assets.providers.errors import MalformedBody, ProviderError
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets.providers.finra.files import parse_short_volume, short_volume_request
from amc_assets.providers.nasdaq.symbols import parse_symbols, symbols_request
from amc_assets.providers.nyse.client import Nyse
from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.polygon.reference import parse_floats, parse_splits, splits_request
from amc_assets.providers.sec.company import parse_company_tickers, tickers_request
from amc_assets.providers.wire.pages import merge_pages
from amc_assets.providers.wire.rejects import Rejects, describer
from amc_assets.providers.yahoo.chain import parse_option_chain
from amc_assets_tests.providers.cards.card import BASE, Card
from amc_assets_tests.providers.cards.deck import DECK
from amc_assets_tests.providers.cards.finra_bodies import DAY, short_volume
from amc_assets_tests.providers.cards.nasdaq_bodies import (
    NYSE_LIST_HEADER,
    directory,
    directory_row,
    threshold,
)
from amc_assets_tests.providers.cards.polygon_bodies import answer as polygon
from amc_assets_tests.providers.cards.yahoo import REQUEST as YAHOO
from amc_assets_tests.providers.cards.yahoo import contract, expiry
from amc_assets_tests.providers.roads import QUICK, open_road

SPLITS = splits_request(BASE, "key", date(2026, 1, 1), date(2026, 12, 31))
every_card = pytest.mark.parametrize(
    "card", DECK, ids=[f"{card.dataset.provider}.{card.dataset.name}" for card in DECK]
)


def judged(good: int, bad: int, *, first: str = "A", is_part: bool = False) -> Parsed:
    """Finish a table of so many rows of which the last ``bad`` are refused."""
    table = pa.table({"source_symbol": [f"{first}{chr(65 + n % 26)}{chr(65 + n // 26)}" for n in range(good + bad)]})
    rejects = Rejects(good + bad)
    rejects.where(np.arange(good + bad) >= good, "negative_volume", describer(table))
    return rejects.finish(table, replace(SPLITS, is_part=is_part))


def split(symbol: str, **changes: object) -> dict[str, object]:
    return {"ticker": symbol, "execution_date": "2026-06-01", "split_from": 10, "split_to": 1, **changes}


@pytest.mark.parametrize(("good", "bad"), [(37, 2), (2, 1), (1, 20), (5, 20), (400, 21), (399, 21), (0, 0), (3, 0)])
def test_a_body_is_kept_with_few_odd_rows_or_few_of_many(good: int, bad: int) -> None:
    parsed = judged(good, bad)
    assert (parsed.table.num_rows, sum(parsed.rejected.values())) == (good, bad)


@pytest.mark.parametrize(("good", "bad"), [(5, 21), (398, 21), (0, 1), (0, 20), (0, 21)])
def test_a_body_is_refused_with_many_odd_rows_or_nothing_left(good: int, bad: int) -> None:
    with pytest.raises(MalformedBody, match=f"{bad} of {good + bad} rows were refused"):
        judged(good, bad)


def test_a_contradictory_pair_among_39_splits_leaves_37() -> None:
    rows = [split(f"A{chr(65 + n // 26)}{chr(65 + n % 26)}") for n in range(38)]
    parsed = parse_splits(polygon([*rows, split("AAA", split_from=5)]), SPLITS)
    assert (parsed.table.num_rows, parsed.rejected) == (37, {"conflicting_duplicate": 2})
    assert (parsed.refused_symbols, parsed.refused_unnamed) == (set(), 0)
    assert parsed.refused_days == {("AAA", date(2026, 6, 1))}


def test_a_refused_split_is_known_by_its_day_and_one_without_a_day_by_its_name() -> None:
    bad, moved = split("AAA", split_to=0), split("AAA", execution_date="2026-06-08")
    no_day, other = split("AAA", execution_date="soon"), split("BBB", split_to=-1)
    pages = [Fetched(parse_splits(polygon(rows), SPLITS), datetime(2026, 6, 9, tzinfo=UTC), "polygon.splits")
             for rows in ([bad, moved, split("CCC")], [no_day, other, split("DDD")])]  # fmt: skip
    parsed = merge_pages(pages, SPLITS, ("source_symbol", "execution_date")).parsed
    assert parsed.refused_days == {("AAA", date(2026, 6, 1)), ("BBB", date(2026, 6, 1))}
    assert (parsed.refused_symbols, parsed.refused_unnamed) == ({"AAA"}, 0)


@pytest.mark.parametrize(
    ("odd", "reason"), [({"strike": -1.0}, "price_not_positive"), ({"bid": "6.1"}, "unreadable_row")]
)
def test_a_chain_of_three_contracts_with_an_odd_one_keeps_two(odd: dict[str, object], reason: str) -> None:
    parsed = parse_option_chain(expiry([contract(0), contract(1)], [contract(2, "P", **odd)]), YAHOO)
    assert (parsed.table.num_rows, parsed.rejected) == (2, {reason: 1})
    assert (parsed.refused_symbols, parsed.refused_unnamed) == ({"GME"}, 0)


@every_card
def test_a_good_body_names_no_refused_row(card: Card) -> None:
    parsed = card.dataset.parse(card.good.body, card.request)
    assert (parsed.refused_symbols, parsed.refused_unnamed) == (frozenset(), 0)


def test_a_repeated_row_is_no_lost_row() -> None:
    parsed = parse_splits(polygon([split("AAA"), split("AAA"), split("BBB")]), SPLITS)
    assert (parsed.table.num_rows, parsed.rejected, parsed.refused_symbols) == (2, {"duplicate_row": 1}, frozenset())


def test_symbols_of_rows_that_never_became_rows_are_read_where_they_can_be() -> None:
    unreadable = [split("BRK.B", split_from="ten"), split("ABRpD", execution_date=None), {"split_to": 1}, 7]
    parsed = parse_splits(polygon([split("AAA"), *unreadable, split("<b>")]), SPLITS)
    assert parsed.rejected == {"unreadable_row": 4, "bad_symbol": 1}
    assert (parsed.refused_symbols, parsed.refused_unnamed) == ({"BRK.B", "ABRpD"}, 3)


def test_symbols_of_unreadable_lines_are_read_where_they_can_be() -> None:
    lines = [
        directory_row("GME"),
        "Y|AMC|too few",
        "Y|Apple Inc.|too few",
        "GME Corp|1",
        directory_row("ABR$D", ETF="\x01"),
    ]
    parsed = parse_symbols(directory(lines), symbols_request(BASE))
    assert parsed.rejected == {"wrong_field_count": 3, "unreadable_field": 1}
    assert (parsed.refused_symbols, parsed.refused_unnamed) == ({"AMC", "ABR$D"}, 2)


def test_symbols_of_refused_rows_keep_the_sources_spelling() -> None:
    body = short_volume([("GME", 1, 0, 2), ("BRK/B", 3, 0, 2), ("ABRpD", -1, 0, 2)])
    parsed = parse_short_volume(body, short_volume_request(BASE, DAY))
    assert (parsed.refused_symbols, parsed.refused_unnamed) == ({"BRK/B", "ABRpD"}, 0)


def test_a_company_with_an_odd_number_is_named() -> None:
    body = b'{"0":{"cik_str":1,"ticker":"AAA","title":"A"},"1":{"cik_str":"x","ticker":"BRK-B","title":"B"}}'
    parsed = parse_company_tickers(body, tickers_request(BASE))
    assert (parsed.table.num_rows, parsed.refused_symbols, parsed.refused_unnamed) == (1, {"BRK-B"}, 0)


def test_a_table_without_symbols_counts_its_lost_rows() -> None:
    rejects = Rejects(3)
    table = pa.table({"term_days": [28.0, 91.0, 7.0]})
    rejects.where(np.array([True, False, False]), "rate_out_of_range", describer(table))
    parsed = rejects.finish(table, SPLITS)
    assert (parsed.refused_symbols, parsed.refused_unnamed) == (frozenset(), 1)


def pages_of(*parts: Parsed) -> list[Fetched]:
    return [Fetched(part, datetime(2026, 11, 20, tzinfo=UTC), "polygon.floats") for part in parts]


def test_a_last_page_of_one_odd_row_does_not_refuse_the_pages_before_it() -> None:
    merged = merge_pages(pages_of(judged(250, 0), judged(0, 1, is_part=True)), SPLITS, ("source_symbol",))
    assert (merged.parsed.table.num_rows, merged.parsed.rejected) == (250, {"negative_volume": 1})
    assert merged.parsed.refused_symbols == {"AAA"}


def test_pages_are_judged_together() -> None:
    with pytest.raises(MalformedBody, match="40 of 140 rows"):
        merge_pages(pages_of(judged(50, 20), judged(50, 20, first="B")), SPLITS, ("source_symbol",))
    with pytest.raises(MalformedBody, match="1 of 1 rows"):
        merge_pages(pages_of(judged(0, 1, is_part=True)), SPLITS, ("source_symbol",))


def test_polygons_last_page_is_a_part(tmp_path) -> None:
    float_of = {"effective_date": "2026-11-01", "free_float": 5.0}
    answers = iter(
        [
            polygon([{"ticker": "AAA", **float_of}], next_url=f"{BASE}/stocks/vX/float?cursor=2"),
            polygon([{"ticker": "BBB", **float_of, "free_float": 0}]),
        ]
    )
    road = open_road(tmp_path, lambda request: httpx.Response(200, content=next(answers)))
    parsed = Polygon(road.transport, BASE, "key").floats().parsed
    assert (parsed.table.num_rows, parsed.rejected, parsed.refused_symbols) == (1, {"float_not_positive": 1}, {"BBB"})
    with pytest.raises(MalformedBody):
        parse_floats(polygon([{"ticker": "BBB", **float_of, "free_float": 0}]), SPLITS)


def test_a_market_with_one_odd_line_does_not_hide_the_two_others(tmp_path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        market = request.url.params["market"]
        row = "AAA|A Corp|NYSE|?||" if market == "NYSE American" else f"{market[-4:].upper()}|B Corp|NYSE|Y||"
        return httpx.Response(200, content=threshold([row], NYSE_LIST_HEADER, "20261120220201"))

    parsed = Nyse(open_road(tmp_path, answer, {"nyse": QUICK}).transport, BASE).threshold_list(DAY).parsed
    assert (parsed.table.num_rows, parsed.rejected, parsed.refused_symbols) == (2, {"unknown_flag": 1}, {"AAA"})


def test_the_refusal_says_what_why_and_what_next() -> None:
    with pytest.raises(ProviderError) as caught:
        judged(5, 21)
    said = str(caught.value)
    assert "21 of 26 rows were refused (negative_volume 21; such as" in said
    assert "docs/providers.md" in said
