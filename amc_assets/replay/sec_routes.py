"""The SEC's part of the server. Without a contact in the user agent everything is 403, an HTML page."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from amc_assets.replay import wire_sec
from amc_assets.replay.answers import HTML_HEADERS, JSON_HEADERS, Answer
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.market import FailRow, Listing
from amc_assets.replay.site import Routed, Site, WireRequest

FILING_DAYS = 5
LISTED_HALVES = 24
MOST_ENTRIES = 100
SECOND_HALF_DAY = 16
INDEX_PATH = "/data-research/sec-markets-data/fails-deliver-data"
_FACTS = re.compile(r"/api/xbrl/companyfacts/CIK(\d{10})\.json")
_FAILS = re.compile(r"/files/data/fails-deliver-data/cnsfails(\d{4})(\d{2})([ab])\.zip")
_PATHS = {
    "/cgi-bin/browse-edgar": Dataset.FILINGS,
    "/files/company_tickers.json": Dataset.COMPANY_TICKERS,
    INDEX_PATH: Dataset.FAILS_INDEX,
}
_CONTACT = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|https?://[^\s)]+")
_NOT_FOUND = b"<!DOCTYPE html>\n<html><head><title>SEC.gov | Page not found</title></head><body></body></html>\n"
_NO_SUCH_KEY = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>'


class SecRoutes:
    """Answers the SEC's paths for one market."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:  # noqa: ARG002
        """Return the dataset of a path."""
        if _FACTS.fullmatch(path):
            return Dataset.COMPANY_FACTS
        return Dataset.FAILS_TO_DELIVER if _FAILS.fullmatch(path) else _PATHS.get(path)

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:  # noqa: ARG002
        """Return the SEC's page for an undeclared tool when the user agent names no contact."""
        if _CONTACT.search(request.headers.get("user-agent", "")):
            return None
        self._site.refusals.count("sec", "no_contact")
        return Answer(403, wire_sec.UNDECLARED, HTML_HEADERS)

    def answer(self, routed: Routed, request: WireRequest) -> Answer:  # noqa: ARG002
        """Return the answer to a request of one of the SEC's datasets."""
        if routed.dataset is Dataset.FILINGS:
            return self._filings(routed.params)
        if routed.dataset is Dataset.COMPANY_TICKERS:
            return self._tickers()
        if routed.dataset is Dataset.COMPANY_FACTS:
            return self._facts(routed.path)
        if routed.dataset is Dataset.FAILS_INDEX:
            return self._index()
        return self._fails(routed.path)

    def _filings(self, params: Mapping[str, str]) -> Answer:
        if params.get("action") != "getcurrent" or params.get("output") != "atom":
            return Answer(404, _NOT_FOUND, HTML_HEADERS)
        now, form = self._site.gate.now, params.get("type", "")
        filings = [
            filing
            for filing in self._site.market.filings(now - timedelta(days=FILING_DAYS), now)
            if filing.form.startswith(form) and filing.accepted_at <= now  # "8-K" also finds "8-K/A"
        ]
        entries = [(filing, role) for filing in filings[::-1] for role in wire_sec.roles_of(filing)]
        start, count = (int(params[name]) if params.get(name, "").isdecimal() else 0 for name in ("start", "count"))
        page = entries[start : start + min(count or 40, MOST_ENTRIES)]
        return Answer(200, wire_sec.current_filings(page, now), {"Content-Type": "application/atom+xml"})

    def _ciks(self) -> dict[str, int]:
        rows = [row for row in self._site.market.share_counts() if row.filed_date <= self._site.gate.today]
        return {row.symbol: row.cik for row in rows}

    def _tickers(self) -> Answer:
        listings = self._site.listings()
        listed = _by_ticker(self._ciks(), listings)
        names = {symbol: listings[symbol].name for symbol in listed}
        return Answer(200, wire_sec.company_tickers(listed, names), JSON_HEADERS)

    def _facts(self, path: str) -> Answer:
        match = _FACTS.fullmatch(path)
        cik = int(match[1]) if match else 0
        today = self._site.gate.today
        rows = [row for row in self._site.market.share_counts() if row.cik == cik and row.filed_date <= today]
        if not rows:
            return Answer(404, _NO_SUCH_KEY, {"Content-Type": "application/xml"})
        listing = self._site.listings().get(rows[-1].symbol)
        name = rows[-1].symbol if listing is None else listing.name
        return Answer(200, wire_sec.company_facts(cik, name, rows), JSON_HEADERS)

    def _fails(self, path: str) -> Answer:
        match = _FAILS.fullmatch(path)
        half = _half_month(match) if match else None
        rows = None if half is None else self._fail_rows(half)
        if half is None or rows is None:
            return Answer(404, _NOT_FOUND, HTML_HEADERS)
        body = self._site.cache.get((Dataset.FAILS_TO_DELIVER, half), lambda: wire_sec.fails_archive(_stem(half), rows))
        return Answer(200, body, {"Content-Type": "application/zip"})

    def _fail_rows(self, half: date) -> list[FailRow] | None:
        if not self._site.gate.has_fails(half):
            return None
        rows = self._site.market.fails(half, _last_of_half(half))
        return None if rows is None else list(rows)

    def _index(self) -> Answer:
        half = self._site.gate.today.replace(day=1)
        stems: list[str] = []
        for _ in range(LISTED_HALVES):
            if half < self._site.market.first_day.replace(day=1):
                break
            if self._fail_rows(half) is not None:
                stems.append(_stem(half))
            half = _half_before(half)
        return Answer(200, wire_sec.fails_page(stems), HTML_HEADERS)


def _by_ticker(filed: Mapping[str, int], listings: Mapping[str, Listing]) -> dict[str, int]:
    """Return the filers under the tickers of today: a filing prints the ticker that its company had then."""
    listed = {
        symbol: cik for symbol, cik in filed.items() if symbol in listings and listings[symbol].cik in {None, cik}
    }
    moved = set(filed.values()) - set(listed.values())
    renamed = {symbol: row.cik for symbol, row in listings.items() if row.cik in moved and row.cik is not None}
    return {**listed, **{symbol: cik for symbol, cik in renamed.items() if "." not in symbol}}


def _half_month(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), 1 if match[3] == "a" else SECOND_HALF_DAY)
    except ValueError:
        return None


def _half_before(half: date) -> date:
    if half.day == SECOND_HALF_DAY:
        return half.replace(day=1)
    return (half - timedelta(days=1)).replace(day=SECOND_HALF_DAY)


def _last_of_half(half: date) -> date:
    if half.day == 1:
        return half.replace(day=SECOND_HALF_DAY - 1)
    return (half + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _stem(half: date) -> str:
    return f"cnsfails{half:%Y%m}{'a' if half.day == 1 else 'b'}"
