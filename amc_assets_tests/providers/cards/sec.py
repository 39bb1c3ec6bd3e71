"""Contract cards of the SEC, and its bodies written by hand: feed, company lists, archives of fails, their page."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date

from amc_assets.providers.errors import NotFound, RateLimited, Unauthorized
from amc_assets.providers.sec.answer import read_refusal
from amc_assets.providers.sec.catalog import DATASETS
from amc_assets.providers.sec.company import FACT_KEY, TICKER_KEY, facts_request, tickers_request
from amc_assets.providers.sec.fails import FAILS_KEY, fails_request
from amc_assets.providers.sec.filings import FILING_KEY, filings_request
from amc_assets.providers.sec.index import INDEX_KEY, index_request
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status

HALF = date(2026, 10, 1)
CIK = "0001326380"
UNDECLARED = (
    b"<!DOCTYPE html>\n<html lang='en'><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body>"
    b"<h1>Your Request Originates from an Undeclared Automated Tool</h1></body></html>"
)
TOO_FAST = (
    b"<!DOCTYPE html>\n<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head>"
    b"<body><h1>Request Rate Threshold Exceeded</h1></body></html>"
)
NO_SUCH_KEY = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>'
STATUSES = {
    "401": Status(401, Unauthorized),
    "403": Status(403, Unauthorized, UNDECLARED),
    "429": Status(429, RateLimited, TOO_FAST),
}
BLOCKED_IN_200 = {
    "undeclared": Body(UNDECLARED, error=Unauthorized),
    "too fast": Body(TOO_FAST, error=RateLimited),
}


def entry(number: int, **changes: str) -> str:
    """Return one entry of EDGAR's feed; keywords replace parts: cik, role, form, updated, name, items, accession."""
    part = {
        "cik": f"{320_000 + number:010d}", "role": "Filer", "form": "8-K", "name": "Ärzte &amp; Co. (Old) - New Inc.",
        "updated": f"2026-11-20T{16 - number // 60:02d}:{59 - number % 60:02d}:07-05:00",
        "accession": f"0000320193-26-{number:06d}", "items": "2.02 9.01", **changes,
    }  # fmt: skip
    items = "".join(f"\n&lt;br&gt;Item {item}: What it is called" for item in part["items"].split())
    address = f"https://www.sec.gov/Archives/edgar/data/{int(part['cik'])}/{part['accession']}-index.htm"
    return (
        f"<entry>\n<title>{part['form']} - {part['name']} ({part['cik']}) ({part['role']})</title>\n"
        f'<link rel="alternate" type="text/html" href="{address}"/>\n'
        f'<summary type="html">\n &lt;b&gt;Filed:&lt;/b&gt; 2026-11-20 &lt;b&gt;AccNo:&lt;/b&gt; {part["accession"]}'
        f" &lt;b&gt;Size:&lt;/b&gt; 345 KB{items}\n</summary>\n<updated>{part['updated']}</updated>\n"
        f'<category scheme="https://www.sec.gov/" label="form type" term="{part["form"]}"/>\n'
        f"<id>urn:tag:sec.gov,2008:accession-number={part['accession']}</id>\n</entry>\n"
    )


def feed(entries: Sequence[str]) -> bytes:
    """Return EDGAR's feed of these entries."""
    head = (
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        "<title>Latest Filings - Fri, 20 Nov 2026 16:59:59 EST</title>\n"
        '<link rel="alternate" href="/cgi-bin/browse-edgar?action=getcurrent"/>\n'
        "<id>https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent</id>\n"
        "<updated>2026-11-20T16:59:59-05:00</updated>\n"
    )
    return (head + "".join(entries) + "</feed>\n").encode("latin-1")


def tickers(companies: Sequence[tuple[object, str, str]]) -> bytes:
    """Return the ticker list of (CIK, ticker, name)."""
    rows = [{"cik_str": cik, "ticker": ticker, "title": name} for cik, ticker, name in companies]
    return json.dumps({str(number): row for number, row in enumerate(rows)}, ensure_ascii=False).encode()


def fact(number: int, **changes: object) -> dict[str, object]:
    """Return one statement of shares outstanding."""
    return {
        "end": f"{2010 + number // 4}-{3 * (number % 4) + 1:02d}-15", "val": 65_000_000 + number,
        "accn": f"0001326380-20-{number:06d}", "fy": 2020, "fp": "Q1", "form": "10-Q",
        "filed": f"{2010 + number // 4}-{3 * (number % 4) + 1:02d}-25", **changes,
    }  # fmt: skip


def facts(rows: Sequence[Mapping[str, object]], cik: object = int(CIK)) -> bytes:
    """Return the facts of a company that stated these, among other things."""
    shares = {"label": "Shares Outstanding", "description": "Of each class.", "units": {"shares": list(rows)}}
    float_usd = {"label": "Public Float", "description": None, "units": {"USD": [{"end": "2020-08-01", "val": 1}]}}
    dei = {"EntityCommonStockSharesOutstanding": shares, "EntityPublicFloat": float_usd}
    other = {"Assets": {"label": "Assets", "units": {"USD": []}}}
    return json.dumps({"cik": cik, "entityName": "GameStop Corp.", "facts": {"dei": dei, "us-gaap": other}}).encode()


def fails_text(rows: Sequence[str], count: int | None = None, total: int | None = None) -> bytes:
    """Return the text of a fails file; its rows are whole lines."""
    quantities = (row.split("|", 4)[3] for row in rows if row.count("|") > 3)
    summed = sum(int(quantity) for quantity in quantities if quantity.isdigit())
    lines = ["SETTLEMENT DATE|CUSIP|SYMBOL|QUANTITY (FAILS)|DESCRIPTION|PRICE", *rows]
    lines += [f"Trailer record count {len(rows) if count is None else count}"]
    lines += [f"Trailer total quantity of shares {summed if total is None else total}", ""]
    return "\r\n".join(lines).encode("latin-1")


def fail(number: int, **changes: object) -> str:
    """Return one line of a fails file."""
    cell = {
        "date": f"202610{1 + number % 14:02d}", "cusip": f"{number:06d}109", "symbol": f"S{number:03d}",
        "quantity": str(100 + number), "description": "GAMESTOP CORP (HLDG CO) CL A COMÚN",
        "price": "193.60", **changes,
    }  # fmt: skip
    return "|".join(str(value) for value in cell.values())


def zipped(*texts: bytes, name: str = "cnsfails202610a.txt") -> bytes:
    """Return an archive of these texts, always the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, text in enumerate(texts):
            member = zipfile.ZipInfo(name if not number else f"{number}{name}", (2026, 11, 2, 9, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text)
    return target.getvalue()


def fails_file(rows: Sequence[str]) -> bytes:
    """Return the archive of these lines."""
    return zipped(fails_text(rows))


def page(links: Sequence[str]) -> bytes:
    """Return the SEC's page with these links."""
    rows = "".join(f'<tr><td><a href="{link}">October 2026</a></td></tr>\n' for link in links)
    return f"<!DOCTYPE html>\n<html><body><h1>Fails-to-Deliver Data</h1>\n{rows}</body></html>\n".encode()


def fails_lines(body: bytes) -> int:
    """Return how many lines of data an archive holds, counted without the parser."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return len(archive.read(archive.infolist()[0]).split(b"\n")) - 4


def facts_sent(body: bytes) -> int:
    """Return how many statements a body holds, counted without the parser."""
    dei = json.loads(body, strict=False)["facts"].get("dei") or {}
    concept = dei.get("EntityCommonStockSharesOutstanding") or {"units": {}}
    return len(concept["units"].get("shares", []))


_BY_NAME = {dataset.name: dataset for dataset in DATASETS}
_ENTRIES = [entry(number) for number in range(30)]
_COMPANIES: list[tuple[object, str, str]] = [(320_193 + n, f"S{n:03d}", f"Compañía {n}") for n in range(40)]
_COMPANIES += [(1_067_983, "BRK-A", "BERKSHIRE"), (1_067_983, "BRK-B", "BERKSHIRE"), (1, "NA", "N"), (2, "TRUE", "T")]
_FACTS = [fact(number) for number in range(40)]
_FAILS = [fail(number) for number in range(60)]
_LINKS = [
    "/files/data/fails-deliver-data/cnsfails202610a.zip", "/files/data/fails-deliver-data/cnsfails202609b_0.zip",
    "https://www.sec.gov/files/node/add/data_distribution/cnsfails202009a.zip", "/other/readme.zip",
]  # fmt: skip

CARDS: tuple[Card, ...] = (
    Card(
        _BY_NAME["filings"],
        filings_request(BASE, "8-K", 100),
        (
            "GET",
            "/cgi-bin/browse-edgar?action=getcurrent&type=8-K&company=&dateb=&owner=include&start=100&count=100"
            "&output=atom",
        ),
        good=Body(feed(_ENTRIES), rows=30),
        keys=FILING_KEY,
        small=feed(_ENTRIES[:8]),
        rows_sent=lambda _: None,  # one filing has several entries, one per role
        empty=Body(feed([])),
        not_found=Status(404, NotFound),
        statuses=STATUSES,
        error_in_200=BLOCKED_IN_200,
        duplicated={
            "same entry": Body(feed([*_ENTRIES, _ENTRIES[3]]), rows=30),
            "another role": Body(feed([*_ENTRIES, entry(3, role="Filed by", cik="0000000009")]), rows=30),
        },
        unsorted=Body(feed(_ENTRIES[::-1]), rows=30),
        wrong_column={
            "no id": Body(feed(_ENTRIES).replace(b"id>", b"guid_>"), error=REFUSED),
            "no category": Body(feed(_ENTRIES).replace(b"<category", b"<kind"), error=REFUSED),
            "no updated": Body(feed(_ENTRIES).replace(b"updated>", b"changed>"), error=REFUSED),
        },
        read_refusal=read_refusal,
        not_applicable={"not_a_number": "there is no number in it", "key_in_no_output": "it has no key"},
    ),
    Card(
        _BY_NAME["company_tickers"],
        tickers_request(BASE),
        ("GET", "/files/company_tickers.json"),
        good=Body(tickers(_COMPANIES), rows=44),
        keys=TICKER_KEY,
        small=tickers(_COMPANIES[:24]),
        rows_sent=lambda body: len(json.loads(body.decode("utf-8"), strict=False)),
        empty=Body(b"{}"),
        not_found=Status(404, NotFound),
        statuses=STATUSES,
        error_in_200=BLOCKED_IN_200,
        duplicated={
            "same row": Body(tickers([*_COMPANIES, _COMPANIES[0]]), rows=44, rejected={"duplicate_row": 1}),
            "another company": Body(
                tickers([*_COMPANIES, (7, "S000", "Other")]), rows=43, rejected={"conflicting_duplicate": 2}
            ),
        },
        unsorted=Body(tickers(_COMPANIES[::-1]), rows=44),
        wrong_column={"renamed": Body(tickers(_COMPANIES).replace(b"cik_str", b"cik"), error=REFUSED)},
        not_a_number={
            "text": Body(tickers([*_COMPANIES, ("x", "X", "X")]), rows=44, rejected={"unreadable_row": 1}),
            "zero": Body(tickers([*_COMPANIES, (0, "X", "X")]), rows=44, rejected={"unreadable_row": 1}),
        },
        read_refusal=read_refusal,
        not_applicable={"key_in_no_output": "it has no key"},
    ),
    Card(
        _BY_NAME["company_facts"],
        facts_request(BASE, CIK),
        ("GET", f"/api/xbrl/companyfacts/CIK{CIK}.json"),
        good=Body(facts(_FACTS), rows=40),
        keys=FACT_KEY,
        small=facts(_FACTS[:24]),
        rows_sent=facts_sent,
        empty=Body(facts([])),
        not_found=Status(404, NotFound, NO_SUCH_KEY),
        statuses=STATUSES,
        error_in_200=BLOCKED_IN_200,
        duplicated={
            "same value": Body(facts([*_FACTS, fact(5, form="10-Q/A")]), rows=40, rejected={"duplicate_row": 1}),
            "two classes": Body(facts([*_FACTS, fact(5, val=1_000)]), rows=39, rejected={"conflicting_duplicate": 2}),
        },
        unsorted=Body(facts(_FACTS[::-1]), rows=40),
        wrong_column={
            "value": Body(facts(_FACTS).replace(b'"val"', b'"value"'), error=REFUSED),
            "facts": Body(facts(_FACTS).replace(b'"facts"', b'"data"'), error=REFUSED),
            "units": Body(facts(_FACTS).replace(b'"units"', b'"unit"'), error=REFUSED),
        },
        not_a_number={
            "text": Body(facts([*_FACTS, fact(41, val="many")]), rows=40, rejected={"unreadable_row": 1}),
            "zero": Body(facts([*_FACTS, fact(41, val=0)]), rows=40, rejected={"shares_not_positive": 1}),
            "a date after the filing": Body(
                facts([*_FACTS, fact(41, end="2099-01-01")]), rows=40, rejected={"date_after_filing": 1}
            ),
        },
        read_refusal=read_refusal,
        not_applicable={"key_in_no_output": "it has no key"},
    ),
    Card(
        _BY_NAME["fails_to_deliver"],
        fails_request(BASE, HALF),
        ("GET", "/files/data/fails-deliver-data/cnsfails202610a.zip"),
        good=Body(fails_file(_FAILS), rows=60),
        keys=FAILS_KEY,
        small=fails_file(_FAILS[:40]),
        rows_sent=fails_lines,
        empty=Body(fails_file([])),
        not_found=Status(404, NotFound),
        statuses=STATUSES,
        error_in_200=BLOCKED_IN_200,
        duplicated={
            "same row": Body(fails_file([*_FAILS, _FAILS[0]]), rows=60, rejected={"duplicate_row": 1}),
            "another number": Body(
                fails_file([*_FAILS, fail(0, quantity=7)]), rows=59, rejected={"conflicting_duplicate": 2}
            ),
        },
        unsorted=Body(fails_file(_FAILS[::-1]), rows=60),
        wrong_column={
            "renamed": Body(zipped(fails_text(_FAILS).replace(b"SYMBOL", b"TICKER")), error=REFUSED),
            "one more": Body(zipped(fails_text(_FAILS).replace(b"|PRICE", b"|PRICE|LOT")), error=REFUSED),
        },
        not_a_number={
            "price": Body(fails_file([*_FAILS, fail(61, price="n/a")]), rows=60, rejected={"unreadable_field": 1}),
            "quantity": Body(
                fails_file([*_FAILS, fail(61, quantity="many")]), rows=60, rejected={"unreadable_field": 1}
            ),
        },
        read_refusal=read_refusal,
        not_applicable={"key_in_no_output": "it has no key"},
    ),
    Card(
        _BY_NAME["fails_index"],
        index_request(BASE),
        ("GET", "/data-research/sec-markets-data/fails-deliver-data"),
        good=Body(page(_LINKS), rows=3),
        keys=INDEX_KEY,
        small=page(_LINKS),
        rows_sent=lambda _: None,  # links that are no such files, or the same one again, are no rows
        empty=Body(page([])),
        not_found=Status(404, NotFound),
        statuses=STATUSES,
        error_in_200=BLOCKED_IN_200,
        duplicated={"same link": Body(page([*_LINKS, _LINKS[0]]), rows=3)},
        unsorted=Body(page(_LINKS[::-1]), rows=3),
        read_refusal=read_refusal,
        not_applicable={
            "wrong_column": "a page has no columns",
            "not_a_number": "there is no number in it",
            "key_in_no_output": "it has no key",
        },
    ),
)
