"""FINRA's threshold list of over-the-counter names (``thresholdList``): who failed to deliver five days in a row.

On the list of Regulation SHO are the rows whose ``regShoThresholdFlag`` is Y. Before 2019 that flag is blank, and
``thresholdListFlag`` says R (Regulation SHO) or NR (only FINRA's rule 4320); other rows are counted in ``not_flagged``.
"""

from dataclasses import replace
from datetime import date

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.finra.query import SYMBOL_PATTERN, decode_page, plain_texts, query_request
from amc_assets.providers.wire.rejects import describer, refuse_repeats

OTC_THRESHOLD_LIST = "otc_threshold_list"
KEYS = ("source_symbol",)
_FIELDS = (
    "tradeDate", "issueSymbolIdentifier", "issueName", "marketClassCode", "thresholdListFlag", "regShoThresholdFlag",
)  # fmt: skip
_LISTED = {("Y", ""): True, ("N", ""): False, ("", "R"): True, ("", "Y"): True, ("", "NR"): False, ("", "N"): False}


class _Listed(msgspec.Struct, frozen=True, gc=False):
    tradeDate: str  # noqa: N815 - FINRA's names
    issueSymbolIdentifier: str  # noqa: N815
    issueName: str | None = None  # noqa: N815
    thresholdListFlag: str | None = None  # noqa: N815
    regShoThresholdFlag: str | None = None  # noqa: N815


def otc_threshold_request(api_base_url: str, day: date, offset: int = 0) -> Request:
    """Return the request for one page of the list of ``day``, from row ``offset`` on."""
    return query_request(api_base_url, "thresholdList", OTC_THRESHOLD_LIST, _FIELDS, ("tradeDate", day), offset)


def parse_otc_threshold(body: bytes, request: Request) -> Parsed:
    """Read one JSON page (or the empty body of a 204) into ``source_symbol, trade_date, name``; raise MalformedBody.

    Notes: ``rows_received`` for paging, ``not_flagged``.
    """
    if request.for_date is None:
        raise ValueError("a threshold request names its day; build it with otc_threshold_request")
    rows, rejects, notes = decode_page(body, _Listed, request)
    listed = [_is_listed(row) for row in rows]
    sent = pa.table(
        {
            "tradeDate": pa.array([row.tradeDate for row in rows], pa.string()),
            "source_symbol": pa.array([row.issueSymbolIdentifier for row in rows], pa.string()),
            "issueName": pa.array(plain_texts([row.issueName for row in rows]), pa.string()),
            "is_listed": pa.array(listed, pa.bool_()),
        }
    )
    describe = describer(sent)
    symbols = sent.column("source_symbol")
    rejects.where(
        pc.not_equal(sent.column("tradeDate"), request.for_date.isoformat()).to_numpy(), "wrong_date", describe
    )
    rejects.where(pc.invert(pc.match_substring_regex(symbols, SYMBOL_PATTERN)).to_numpy(), "bad_symbol", describe)
    rejects.where(pc.is_null(sent.column("is_listed")).to_numpy(), "unknown_flag", describe)
    refuse_repeats(rejects, sent, ("source_symbol",), describe)
    parsed = rejects.finish(sent, request)
    return _flagged(parsed, request.for_date, notes)


def _is_listed(row: _Listed) -> bool | None:
    """Return whether the row is on Regulation SHO's list; None when its flags say nothing known."""
    own, general = ((flag or "").strip().upper() for flag in (row.regShoThresholdFlag, row.thresholdListFlag))
    return _LISTED.get((own, "" if own else general))


def _flagged(parsed: Parsed, day: date, notes: dict[str, str]) -> Parsed:
    rows = parsed.table.filter(parsed.table.column("is_listed"))
    table = pa.table(
        {
            "source_symbol": rows.column("source_symbol"),
            "trade_date": pa.repeat(pa.scalar(day, pa.date32()), rows.num_rows),
            "name": rows.column("issueName"),
        }
    )
    notes = {**notes, "not_flagged": str(parsed.table.num_rows - rows.num_rows)}
    return replace(parsed, table=table, notes=notes)
