"""Contract cards of the Treasury."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from amc_assets.providers.errors import NotEntitled, NotFound, RateLimited, Unauthorized
from amc_assets.providers.treasury.catalog import DATASETS
from amc_assets.providers.treasury.rates import bill_rates_request
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status

YEAR = 2026
WEEKS = (4, 6, 8, 13, 17, 26, 52)
PATH = "/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2026/all"
DAYS = [date(2026, 11, 20) - timedelta(days=number) for number in range(24)]


def header(weeks: Sequence[int] = WEEKS) -> str:
    """Return the header line: two columns a term."""
    names = (f'"{term} WEEKS BANK DISCOUNT","{term} WEEKS COUPON EQUIVALENT"' for term in weeks)
    return ",".join(["Date", *names])


def line(day: date, changes: Mapping[int, str] | None = None, weeks: Sequence[int] = WEEKS) -> str:
    """Return the rates of a day: coupon equivalents of 3.70 and up, ``changes`` by weeks instead."""
    cells = []
    for position, term in enumerate(weeks):
        coupon = f"{3.70 + position / 100:.2f}" if changes is None or term not in changes else changes[term]
        cells.append(f"{3.60 + position / 100:.2f},{coupon}")
    return f"{day:%m/%d/%Y}," + ",".join(cells)


def csv(lines: Sequence[str], first: str | None = None) -> bytes:
    """Return the file of these lines."""
    return ("\n".join([header() if first is None else first, *lines]) + "\n").encode()


def _card() -> Card:
    lines = [line(day) for day in DAYS]
    body = csv(lines)
    rows = len(DAYS) * len(WEEKS)

    def with_first(cell: str) -> bytes:
        return csv([line(DAYS[0], {13: cell}), *lines[1:]])

    return Card(
        dataset=DATASETS[0],
        request=bill_rates_request(BASE, YEAR),
        sent=("GET", f"{PATH}?type=daily_treasury_bill_rates&field_tdr_date_value=2026&page=&_format=csv"),
        good=Body(body, rows=rows),
        keys=("quote_date", "term_days"),
        small=body,
        rows_sent=lambda _: None,  # a line holds many values: counted in test_treasury.py
        empty=Body(csv([])),
        not_found=Status(404, NotFound, b"<html>Page not found</html>"),
        statuses={
            "401": Status(401, Unauthorized),
            "403": Status(403, NotEntitled, b"<html>Access Denied</html>"),
            "429": Status(429, RateLimited),
        },
        error_in_200={
            "web page": Body(b"<!DOCTYPE html>\n<html>Scheduled maintenance</html>", error=REFUSED),
            "json": Body(b'{"message": "The website encountered an unexpected error."}\n', error=REFUSED),
        },
        duplicated={
            "same": Body(csv([*lines, lines[0]]), rows, {"duplicate_row": len(WEEKS)}),
            "other": Body(csv([*lines, line(DAYS[0], {13: "4.44"}).replace("3.60", "3.61")]), rows - 1,
                          {"duplicate_row": len(WEEKS) - 1, "conflicting_duplicate": 2}),
        },
        unsorted=Body(csv(lines[1::2] + lines[::2]), rows=rows),
        wrong_column={
            "no coupon equivalent": Body(body.replace(b"COUPON EQUIVALENT", b"CLOSE"), error=REFUSED),
            "no date": Body(body.replace(b"Date", b"Day", 1), error=REFUSED),
            "one term twice": Body(body.replace(b"6 WEEKS", b"4 WEEKS"), error=REFUSED),
        },
        not_a_number={
            value: Body(with_first(value), rows - 1, {reason: 1})
            for value, reason in (
                ("NaN", "unreadable_field"), ("Infinity", "unreadable_field"), ("1e3", "unreadable_field"),
                ("378.00", "rate_out_of_range"),
            )
        } | {value or "blank": Body(with_first(value), rows - 1) for value in ("", "N/A")},
        truncation_hides="the file has no count and no end mark; days are newest first, the cut takes the oldest",
        not_applicable={"key_in_no_output": "the request carries no key"},
    )  # fmt: skip


CARDS: tuple[Card, ...] = (_card(),)
