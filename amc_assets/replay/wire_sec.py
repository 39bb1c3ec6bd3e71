"""Exact bytes of the SEC: current filings (Atom, ISO-8859-1), ticker list, company facts, fails to deliver.

An entry of the feed repeats once per role of the filing's parties; the market knows the company a filing is about, so
both entries of a 13D carry that company.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from amc_assets.market.calendar import exchange_date
from amc_assets.replay.feed_text import eastern_iso, escaped
from amc_assets.replay.market import FailRow, FilingRow, ShareCountRow
from amc_assets.replay.spelling import dashed, finra_daily

FAILS_HEADER = "SETTLEMENT DATE|CUSIP|SYMBOL|QUANTITY (FAILS)|DESCRIPTION|PRICE"
UNDECLARED = (
    b'<!DOCTYPE html>\n<html lang="en"><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body>'
    b"<h1>Your Request Originates from an Undeclared Automated Tool</h1><p>Please declare your traffic by updating your"
    b" user agent to include company specific information.</p></body></html>\n"
)
TOO_FAST = (
    b'<!DOCTYPE html>\n<html lang="en"><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body>'
    b"<h1>Request Rate Threshold Exceeded</h1><p>Your request rate has exceeded the SEC's maximum allowable requests "
    b"per second. Your access to SEC.gov will be limited for 10 minutes.</p></body></html>\n"
)
ITEM_TITLES = {
    "1.01": "Entry into a Material Definitive Agreement",
    "1.03": "Bankruptcy or Receivership",
    "2.01": "Completion of Acquisition or Disposition of Assets",
    "2.02": "Results of Operations and Financial Condition",
    "3.01": "Notice of Delisting or Failure to Satisfy a Continued Listing Rule or Standard; Transfer of Listing",
    "3.02": "Unregistered Sales of Equity Securities",
    "5.01": "Changes in Control of Registrant",
    "5.02": "Departure of Directors or Certain Officers; Election of Directors; Appointment of Certain Officers",
    "7.01": "Regulation FD Disclosure",
    "8.01": "Other Events",
    "9.01": "Financial Statements and Exhibits",
}
_STAMP = (1980, 1, 1, 0, 0, 0)
_JSON = msgspec.json.Encoder()


def current_filings(entries: Sequence[tuple[FilingRow, str]], now: datetime) -> bytes:
    """Return the feed of (filing, role) in their order."""
    body = "".join(_entry(filing, role) for filing, role in entries)
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        "<title>Latest Filings - Current</title>\n"
        '<link rel="alternate" href="/cgi-bin/browse-edgar?action=getcurrent"/>\n'
        '<link rel="self" href="/cgi-bin/browse-edgar?action=getcurrent&amp;output=atom"/>\n'
        "<id>https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent</id>\n"
        "<author><name>Webmaster</name><email>webmaster@sec.gov</email></author>\n"
        f"<updated>{eastern_iso(now)}</updated>\n{body}</feed>\n"
    )
    return text.encode("iso-8859-1", "xmlcharrefreplace")


def roles_of(filing: FilingRow) -> tuple[str, ...]:
    """Return the roles under which a filing is listed."""
    return ("Subject", "Filed by") if "13D" in filing.form else ("Filer",)


def company_tickers(counts: Mapping[str, int], names: Mapping[str, str]) -> bytes:
    """Return the ticker list: CIKs as bare numbers, under keys that count up from zero as text."""
    rows = [
        {"cik_str": cik, "ticker": dashed(symbol), "title": names[symbol]}
        for symbol, cik in sorted(counts.items(), key=lambda item: item[0])
    ]
    return _JSON.encode({str(number): row for number, row in enumerate(rows)})


def company_facts(cik: int, name: str, rows: Sequence[ShareCountRow]) -> bytes:
    """Return the facts of one company: the shares outstanding of its cover pages, oldest filing first.

    The accession numbers are this server's own: the market knows no others.
    """
    ordered = sorted(rows, key=lambda row: (row.filed_date, row.end_date))
    shares = [
        {
            "end": row.end_date.isoformat(),
            "val": int(row.outstanding_shares),
            "accn": f"{cik:010d}-{row.filed_date:%y}-{number:06d}",
            "fy": row.end_date.year,
            "fp": "FY" if row.form.startswith("10-K") else f"Q{(row.end_date.month + 2) // 3}",
            "form": row.form,
            "filed": row.filed_date.isoformat(),
        }
        for number, row in enumerate(ordered, start=1)
    ]
    concept: dict[str, Any] = {
        "label": "Entity Common Stock, Shares Outstanding",
        "description": "Number of shares outstanding of each class of common stock, as stated on the cover page.",
        "units": {"shares": shares},
    }
    facts = {"dei": {"EntityCommonStockSharesOutstanding": concept}}
    return _JSON.encode({"cik": cik, "entityName": name, "facts": facts})


def fails_archive(stem: str, rows: Sequence[FailRow]) -> bytes:
    """Return the zip of half a month: one Latin-1 text whose two last lines count rows and shares."""
    lines = [
        f"{row.settlement_date:%Y%m%d}|{row.cusip}|{finra_daily(row.symbol)}|{int(row.fails_shares)}|"
        f"{row.description.replace('|', ' ')}|{'.' if row.price_usd is None else f'{row.price_usd:.2f}'}"
        for row in rows
    ]
    shares = sum(int(row.fails_shares) for row in rows)
    trailer = [f"Trailer record count {len(rows)}", f"Trailer total quantity of shares {shares}"]
    text = "\r\n".join([FAILS_HEADER, *lines, *trailer, ""]).encode("latin-1", "replace")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{stem}.txt", _STAMP), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def fails_page(stems: Sequence[str]) -> bytes:
    """Return the page that links the files, newest first."""
    links = "".join(f'<li><a href="/files/data/fails-deliver-data/{stem}.zip">{stem}</a></li>\n' for stem in stems)
    text = (
        '<!DOCTYPE html>\n<html lang="en"><head><title>SEC.gov | Fails-to-Deliver Data</title></head>\n'
        f"<body><h1>Fails-to-Deliver Data</h1>\n<ul>\n{links}</ul>\n</body></html>\n"
    )
    return text.encode()


def _entry(filing: FilingRow, role: str) -> str:
    folder = filing.accession.replace("-", "")
    link = f"https://www.sec.gov/Archives/edgar/data/{filing.cik}/{folder}/{filing.accession}-index.htm"
    filed: date = exchange_date(filing.accepted_at)
    items = "".join(f"&lt;br&gt;Item {item}: {escaped(ITEM_TITLES.get(item, 'Other'))}\n" for item in filing.items)
    return (
        f"<entry>\n<title>{escaped(filing.form)} - {escaped(filing.company)} ({filing.cik:010d}) ({role})</title>\n"
        f'<link rel="alternate" type="text/html" href="{link}"/>\n'
        f'<summary type="html">\n &lt;b&gt;Filed:&lt;/b&gt; {filed} &lt;b&gt;AccNo:&lt;/b&gt; {filing.accession} '
        f"&lt;b&gt;Size:&lt;/b&gt; 345 KB\n{items}</summary>\n"
        f"<updated>{eastern_iso(filing.accepted_at)}</updated>\n"
        f'<category scheme="https://www.sec.gov/" label="form type" term="{escaped(filing.form)}"/>\n'
        f"<id>urn:tag:sec.gov,2008:accession-number={filing.accession}</id>\n</entry>\n"
    )
