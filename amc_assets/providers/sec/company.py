"""The SEC's two company lists in JSON: tickers with their CIK, and the shares outstanding that filings stated.

A CIK is text of ten digits here; the ticker list sends it as a bare number. Shares outstanding come from the cover page
(``dei:EntityCommonStockSharesOutstanding``) with the filing's date, which makes them point in time. The API drops the
axis that tells share classes apart: where it sends two numbers for one date and filing, which is which is unknown.
"""

from datetime import date
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.sec.answer import PROVIDER, refuse_block_page
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects, Unread, describer, refuse_repeats
from amc_assets.providers.wire.rows import NOT_JSON, decode_each, decode_rows
from amc_assets.providers.wire.text import clean_text
from amc_assets.providers.wire.tickers import bad_tickers

COMPANY_TICKERS, COMPANY_FACTS = "company_tickers", "company_facts"
TICKER_KEY = ("source_symbol",)
FACT_KEY = ("cik", "end_date", "filed_date")
CIK_DIGITS = 10
_DAY_SECONDS = 86_400.0
_NAME_CHARACTERS, _FORM_CHARACTERS = 200, 20
_Cik = Annotated[int, msgspec.Meta(ge=1, lt=10**CIK_DIGITS)]
_NONE = msgspec.Raw(b"[]")


class _Company(msgspec.Struct, frozen=True, gc=False):
    cik_str: _Cik
    ticker: str
    title: str


class _Fact(msgspec.Struct, frozen=True, gc=False):
    end: date
    filed: date
    form: str
    val: float


class _Units(msgspec.Struct):
    shares: msgspec.Raw = _NONE


class _Concept(msgspec.Struct):
    units: _Units


class _Cover(msgspec.Struct):
    EntityCommonStockSharesOutstanding: _Concept | None = None  # the taxonomy's name


class _Taxonomies(msgspec.Struct):
    dei: _Cover | None = None


class _Facts(msgspec.Struct):
    cik: int | str
    facts: _Taxonomies


def ten_digits(cik: str | int) -> str:
    """Return a CIK as the ten digits that name a company's files; raise ValueError for what is no CIK."""
    text = str(cik)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**CIK_DIGITS):
        raise ValueError(f"a CIK is a number of at most {CIK_DIGITS} digits, not {text[:20]!r}; see company_tickers")
    return text.zfill(CIK_DIGITS)[-CIK_DIGITS:]


def tickers_request(base_url: str) -> Request:
    """Return the request for the list of all tickers and CIKs; a copy of the last half day will do."""
    return Request(
        PROVIDER,
        COMPANY_TICKERS,
        "GET",
        f"{base_url.rstrip('/')}/files/company_tickers.json",
        max_bytes=16 * 1024 * 1024,
        fresh_seconds=_DAY_SECONDS / 2,
        usable_seconds=30 * _DAY_SECONDS,
    )


def facts_request(data_base_url: str, cik: str) -> Request:
    """Return the request for all facts of one company (10 MB and more for old ones); raise ValueError for no CIK."""
    return Request(
        PROVIDER,
        COMPANY_FACTS,
        "GET",
        f"{data_base_url.rstrip('/')}/api/xbrl/companyfacts/CIK{ten_digits(cik)}.json",
        max_bytes=64 * 1024 * 1024,
        fresh_seconds=_DAY_SECONDS / 2,
        usable_seconds=7 * _DAY_SECONDS,
    )


def parse_company_tickers(body: bytes, request: Request) -> Parsed:
    """Read the list: ``source_symbol, cik, name``; several tickers of one CIK are usual. Raises MalformedBody."""
    _refuse_other_text(body, request)
    unread = Unread()
    try:
        companies = list(msgspec.json.decode(body, type=dict[str, _Company]).values())
    except (msgspec.ValidationError, UnicodeDecodeError):
        companies, unread = _one_by_one(body, request)
    except NOT_JSON as error:
        raise malformed(request, f"the body is not JSON ({error}): {body[:60]!r}") from None
    table = pa.table(
        {
            "source_symbol": pa.array([company.ticker for company in companies], pa.string()),
            "cik": pa.array([ten_digits(company.cik_str) for company in companies], pa.string()),
            "name": pa.array([clean_text(company.title, _NAME_CHARACTERS) for company in companies], pa.string()),
        }
    )
    rejects = Rejects(len(companies))
    rejects.unread(unread)
    describe = describer(table)
    rejects.where(bad_tickers([company.ticker for company in companies]), "bad_symbol", describe)
    refuse_repeats(rejects, table, TICKER_KEY, describe)
    return rejects.finish(table, request)


def _one_by_one(body: bytes, request: Request) -> tuple[list[_Company], Unread]:
    try:
        raws = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except NOT_JSON as error:
        raise malformed(request, f"the body is not a list of companies ({error}): {body[:60]!r}") from None
    return decode_each(raws.values(), _Company)


def parse_company_facts(body: bytes, request: Request) -> Parsed:
    """Read the shares outstanding: ``cik, end_date, filed_date, form, outstanding_shares``; other facts are skipped.

    No rows for a company that never stated them. A company's own slips (zero shares, a date after the filing, two
    numbers for one date and filing) are refused and counted without limit. Raises MalformedBody for anything else than
    the facts of the company asked for.
    """
    _refuse_other_text(body, request)
    try:
        answer = msgspec.json.decode(body, type=_Facts)
        concept = answer.facts.dei.EntityCommonStockSharesOutstanding if answer.facts.dei else None
        facts, unread = decode_rows(concept.units.shares if concept else _NONE, _Fact)
    except NOT_JSON as error:
        raise malformed(request, f"the body is not the facts of a company ({error}): {body[:60]!r}") from None
    cik = _cik_asked_for(answer, request)
    table = pa.table(
        {
            "cik": pa.array([cik] * len(facts), pa.string()),
            "end_date": pa.array([fact.end for fact in facts], pa.date32()),
            "filed_date": pa.array([fact.filed for fact in facts], pa.date32()),
            "form": pa.array([clean_text(fact.form, _FORM_CHARACTERS) for fact in facts], pa.string()),
            "outstanding_shares": pa.array([fact.val for fact in facts], pa.float64()),
        }
    )
    wire = Rejects(len(facts))
    wire.unread(unread)
    wire.finish(table, request)  # the rule is for rows of another form, not for what companies get wrong
    return _refuse_slips(table, wire, facts).finish(table, request, is_source_answerable=False)


def _refuse_slips(table: pa.Table, rejects: Rejects, facts: list[_Fact]) -> Rejects:
    describe = describer(table)
    values = np.array([fact.val for fact in facts], dtype=np.float64)
    rejects.where(~(values > 0), "shares_not_positive", describe)
    rejects.where(np.array([fact.end > fact.filed for fact in facts], dtype=bool), "date_after_filing", describe)
    refuse_repeats(rejects, table.select([*FACT_KEY, "outstanding_shares"]), FACT_KEY, describe)
    return rejects


def _cik_asked_for(answer: _Facts, request: Request) -> str:
    """Return the company's CIK; raise MalformedBody when the body is about another company than was asked for."""
    wanted = request.url.rpartition("/CIK")[2].removesuffix(".json")
    try:
        sent = ten_digits(answer.cik)
    except ValueError:
        sent = repr(answer.cik)[:20]
    if sent != wanted:
        raise malformed(request, f"the facts are of CIK {sent}, not of {wanted}")
    return wanted


def _refuse_other_text(body: bytes, request: Request) -> None:
    """Raise for a block page and for bytes that are no UTF-8: in fields that are skipped nobody else would look."""
    refuse_block_page(body, request)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed(request, f"the body is not UTF-8 ({error.reason} at byte {error.start})") from None
