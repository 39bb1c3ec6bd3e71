"""EDGAR's feed of current filings: one row per filing and company, newest first, a hundred entries a page.

The same filing comes once per role: the company it is about (Subject, Issuer, else Filer) is kept, holders and
insiders (Filed by, Reporting) are not, unless there is nobody else. There is no ticker: the CIK stands in the title
and is mapped with ``company_tickers``. ``type=8-K`` also gives 8-K/A and the like: the form is kept exactly as sent.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.sec.answer import PROVIDER, refuse_block_page
from amc_assets.providers.wire.feeds import Entry, open_feed
from amc_assets.providers.wire.rejects import SAMPLES, Rejects

FILINGS = "filings"
FILING_KEY = ("item_id", "cik")
FORMS = ("8-K", "S-3", "424B5", "SC 13D", "SCHEDULE 13D")  # EDGAR renamed SC 13D in December 2024
PAGE_ENTRIES = 100
PUBLISHER = "SEC EDGAR"
SCHEMA = pa.schema(
    [
        ("item_id", pa.string()), ("published_at", pa.timestamp("us", tz="UTC")), ("title", pa.string()),
        ("summary", pa.string()), ("url", pa.string()), ("publisher", pa.string()), ("source_symbols", pa.string()),
        ("vendor_sentiment", pa.float64()), ("form", pa.string()), ("filing_items", pa.string()), ("cik", pa.string()),
    ]
)  # fmt: skip
_ACCESSION = re.compile(r"urn:tag:sec\.gov,2008:accession-number=(\d{10}-\d{2}-\d{6})")
_TITLE = re.compile(r".+ - .*\((\d{10})\) \(([A-Za-z][A-Za-z ]{0,30})\)")
_FORM = re.compile(r"[A-Z0-9][A-Z0-9 /.-]{0,19}")
_ITEM = re.compile(r"\bItem (\d{1,2}\.\d{2})\b")
_ROLES = ("Subject", "Issuer", "Filer")  # whom a filing is about, the surest first


@dataclass(frozen=True)
class _Filing:
    accession: str
    cik: str
    role: str
    form: str
    entry: Entry


def filings_request(base_url: str, form: str, start: int = 0) -> Request:
    """Return the request for one page of the newest filings of ``form``, from entry ``start`` on."""
    return Request(
        PROVIDER,
        FILINGS,
        "GET",
        f"{base_url.rstrip('/')}/cgi-bin/browse-edgar",
        params={
            "action": "getcurrent", "type": form, "company": "", "dateb": "", "owner": "include",
            "start": str(start), "count": str(PAGE_ENTRIES), "output": "atom",
        },
        max_bytes=4 * 1024 * 1024,
        is_part=start > 0,
    )  # fmt: skip


def parse_filings(body: bytes, request: Request) -> Parsed:
    """Read one page into the columns of SCHEMA (those of news, ``source_symbols`` empty).

    ``item_id`` is the accession number, ``published_at`` the instant of acceptance, ``filing_items`` the numbers of an
    8-K's items as in ``2.02,9.01``, null for other forms or when none is named. Notes: ``entries_received``,
    ``oldest_published_at``, ``repeated_filings`` (entries of the same filing that were left out). Raises MalformedBody
    for anything but a whole feed, or too many refused entries.
    """
    refuse_block_page(body, request)
    feed = open_feed(body, request)
    filings: list[_Filing] = []
    refused: Counter[str] = Counter()
    samples: list[str] = []
    for entry in feed.entries:
        filing, reason = _filing(entry)
        if filing is not None:
            filings.append(filing)
            continue
        refused[reason] += 1
        samples.append(f"{reason}: {entry.id}|{entry.title}")
    kept = [filings[index] for index in one_role([(item.accession, item.cik, item.role) for item in filings])]
    table = pa.Table.from_pylist([_row(filing) for filing in kept], schema=SCHEMA)
    rejects = Rejects(table.num_rows)
    rejects.before_parsing(refused, tuple(samples[:SAMPLES]))
    notes = {
        "entries_received": str(len(feed.entries)),
        "repeated_filings": str(len(filings) - len(kept)),
        **feed.notes,
    }
    instants = [filing.entry.published_at for filing in filings if filing.entry.published_at]
    if instants:
        notes["oldest_published_at"] = min(instants).isoformat()
    return rejects.finish(table, request, notes)


def _filing(entry: Entry) -> tuple[_Filing | None, str]:
    """Return the filing of an entry, or None and why it is refused."""
    accession, title = _ACCESSION.fullmatch(entry.id), _TITLE.fullmatch(entry.title)
    form = entry.tags[0].term if entry.tags else ""
    if accession is None or title is None or not _FORM.fullmatch(form):
        return None, "unreadable_entry"
    if entry.published_at is None:
        return None, entry.undated
    return _Filing(accession[1], title[1], title[2], form, entry), ""


def one_role(keys: Sequence[tuple[str, str, str]]) -> list[int]:
    """Return which of these (accession, CIK, role) to keep: each filing once per company of its surest role."""
    ranks = [_ROLES.index(role) if role in _ROLES else len(_ROLES) for _, _, role in keys]
    surest: dict[str, int] = {}
    for (accession, _, _), rank in zip(keys, ranks, strict=True):
        surest[accession] = min(rank, surest.get(accession, rank))
    kept: dict[tuple[str, str], int] = {}
    for index, ((accession, cik, _), rank) in enumerate(zip(keys, ranks, strict=True)):
        if rank == surest[accession]:
            kept.setdefault((accession, cik), index)
    return list(kept.values())


def role_in(title: str) -> str:
    """Return the role that a title of the feed ends with; empty for another title."""
    found = _TITLE.fullmatch(title)
    return found[2] if found else ""


def _row(filing: _Filing) -> dict[str, object]:
    entry = filing.entry
    items = list(dict.fromkeys(_ITEM.findall(entry.summary))) if filing.form.startswith("8-K") else []
    return {
        "item_id": filing.accession,
        "published_at": entry.published_at,
        "title": entry.title,
        "summary": entry.summary,
        "url": entry.link,
        "publisher": PUBLISHER,
        "source_symbols": "",
        "vendor_sentiment": None,
        "form": filing.form,
        "filing_items": ",".join(items) or None,
        "cik": filing.cik,
    }
