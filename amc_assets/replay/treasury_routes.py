"""The Treasury's part of the server: one CSV of bill rates per year, two columns per term, newest first."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from amc_assets.market.calendar import new_york
from amc_assets.replay.answers import HTML_HEADERS, Answer
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.publication_gate import BILL_RATES_HOUR
from amc_assets.replay.site import Routed, Site, WireRequest

_PATH = re.compile(r"/resource-center/data-chart-center/interest-rates/daily-treasury-rates\.csv/(\d{4})/all")
_NOT_FOUND = b"<html><head><title>Page not found</title></head><body></body></html>\n"
Rates = Mapping[date, Mapping[int, float]]


class TreasuryRoutes:
    """Answers the Treasury's bill rates for one market."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:  # noqa: ARG002
        """Return the dataset of a path."""
        return Dataset.BILL_RATES if _PATH.fullmatch(path) else None

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:  # noqa: ARG002
        """Return None: nothing is demanded."""
        return None

    def answer(self, routed: Routed, request: WireRequest) -> Answer:  # noqa: ARG002
        """Return the rates of a year as far as they are out; 404 for another table than the bill rates."""
        match = _PATH.fullmatch(routed.path)
        year = int(match[1]) if match else 0
        if routed.params.get("type") != "daily_treasury_bill_rates" or not 1 <= year <= 9998:
            return Answer(404, _NOT_FOUND, HTML_HEADERS)
        rates = self._rates(year)
        newest = max(rates, default=None)
        out_at = None if newest is None else new_york(newest, BILL_RATES_HOUR)
        return Answer(200, bill_rates_csv(rates), {"Content-Type": "text/csv; charset=UTF-8"}, out_at)

    def _rates(self, year: int) -> Rates:
        market, gate = self._site.market, self._site.gate
        day, last = max(date(year, 1, 1), market.first_day), min(date(year, 12, 31), gate.today)
        rates: dict[date, Mapping[int, float]] = {}
        while day <= last:
            found = market.bill_rates(day) if gate.has_bill_rates(day) else None
            if found:
                rates[day] = dict(found)
            day += timedelta(days=1)
        return rates


def bill_rates_csv(rates: Rates) -> bytes:
    """Return the file of ``rates`` (term in weeks -> coupon equivalent as a fraction), newest day first.

    The bank discount follows from the coupon equivalent of a bill of at most half a year: y = 365 d / (360 - d t) with
    t in days (Treasury, "Interest rates: frequently asked questions"); longer terms leave it blank.
    """
    terms = sorted({term for row in rates.values() for term in row})
    names = [f'"{term} WEEKS {kind}"' for term in terms for kind in ("BANK DISCOUNT", "COUPON EQUIVALENT")]
    lines = [",".join(["Date", *names])]
    for day in sorted(rates, reverse=True):
        cells = [cell for term in terms for cell in _cells(term, rates[day].get(term))]
        lines.append(",".join([f"{day:%m/%d/%Y}", *cells]))
    return "\n".join([*lines, ""]).encode()


def _cells(weeks: int, yield_frac: float | None) -> tuple[str, str]:
    if yield_frac is None:
        return "", ""
    days = 7 * weeks
    discount = f"{100 * 360 * yield_frac / (365 + yield_frac * days):.2f}" if weeks <= 26 else ""
    return discount, f"{100 * yield_frac:.2f}"
