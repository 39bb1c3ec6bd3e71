"""FINRA's daily short volume by query API (``regShoDaily``): one row per symbol and facility, and their sum.

What the consolidated file says, from another door: the file is the sum of the trade reporting facilities, to the share
(38 recorded sessions of GME). A symbol of which one row could not be used has no sum: half of it would be a wrong
number. The over-the-counter facility (market code ``O``) is in the API and not in the file; its rows stay out.

Whether ``shortParQuantity`` includes the exempt part, as the file's ``ShortVolume`` does, is not documented and no day
is recorded in both forms. It is read as included, and watched: ``exempt_inside_rows`` counts rows that prove it (short
and exempt together exceed the total); a row that contradicts it (exempt above short) is refused.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.exchange import Fetched, Parsed, Request
from amc_assets.providers.finra.files import ROUNDING_SHARES
from amc_assets.providers.finra.query import SYMBOL_PATTERN, decode_page, query_request
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import SAMPLES, BoolArray, Rejects, describer, refuse_repeats
from amc_assets.providers.wire.rows import NOT_JSON

REG_SHO_DAILY = "reg_sho_daily"
KEYS = ("source_symbol", "market_code", "facility_code")
OTC_MARKET = "O"
INCOMPLETE = "incomplete_symbols"
_NAMELESS = "nameless_rows"
_FIELDS = (
    "tradeReportDate", "securitiesInformationProcessorSymbolIdentifier", "shortParQuantity", "shortExemptParQuantity",
    "totalParQuantity", "marketCode", "reportingFacilityCode",
)  # fmt: skip
_MARKETS = ("B", "Q", "N", "D")  # in the order of the consolidated file's lists
_VOLUMES = ("short_volume_shares", "short_exempt_volume_shares", "total_volume_shares")
_CODE = r"^[A-Z]{1,8}$"


class _FacilityRow(msgspec.Struct, frozen=True, gc=False):
    tradeReportDate: str  # noqa: N815 - FINRA's names
    securitiesInformationProcessorSymbolIdentifier: str  # noqa: N815
    shortParQuantity: float  # noqa: N815
    totalParQuantity: float  # noqa: N815
    marketCode: str  # noqa: N815
    reportingFacilityCode: str  # noqa: N815
    shortExemptParQuantity: float | None = None  # noqa: N815


class _Named(msgspec.Struct):
    securitiesInformationProcessorSymbolIdentifier: str | None  # noqa: N815


def reg_sho_request(api_base_url: str, day: date, offset: int = 0) -> Request:
    """Return the request for one page of the facility rows of the session ``day``, from row ``offset`` on."""
    return query_request(api_base_url, "regShoDaily", REG_SHO_DAILY, _FIELDS, ("tradeReportDate", day), offset)


def parse_reg_sho(body: bytes, request: Request) -> Parsed:
    """Read one JSON page (or the empty body of a 204) into facility rows, volumes in shares; raise MalformedBody.

    Notes: ``rows_received`` for paging, ``incomplete_symbols`` (comma joined: one of their rows is not given),
    ``exempt_inside_rows``.
    """
    rows, rejects, notes = decode_page(body, _FacilityRow, request)
    table = pa.table(
        {
            "source_symbol": pa.array([r.securitiesInformationProcessorSymbolIdentifier for r in rows], pa.string()),
            "trade_date": pa.array([r.tradeReportDate for r in rows], pa.string()),
            "short_volume_shares": pa.array([r.shortParQuantity for r in rows], pa.float64()),
            "short_exempt_volume_shares": pa.array([r.shortExemptParQuantity for r in rows], pa.float64()),
            "total_volume_shares": pa.array([r.totalParQuantity for r in rows], pa.float64()),
            "market_code": pa.array([r.marketCode for r in rows], pa.string()),
            "facility_code": pa.array([r.reportingFacilityCode for r in rows], pa.string()),
        }
    )
    notes["exempt_inside_rows"] = _refuse_bad_rows(rejects, table, request)
    days = pa.repeat(pa.scalar(request.for_date, pa.date32()), table.num_rows)
    dated = table.set_column(1, "trade_date", days)
    refuse_repeats(rejects, dated, KEYS, describer(dated))
    parsed = rejects.finish(dated, request, notes)
    unread, nameless = _unread(body) if "unreadable_row" in rejects.counts else (set(), 0)
    lost = unread | (lost_symbols(dated, parsed.table) if rejects.counts else set())
    return replace(parsed, notes={**notes, INCOMPLETE: ",".join(sorted(lost)), _NAMELESS: str(nameless)})


def _refuse_bad_rows(rejects: Rejects, table: pa.Table, request: Request) -> str:
    """Refuse what cannot be; return how many rows prove that the exempt part is inside."""
    if request.for_date is None:
        raise ValueError("a short-volume request names its day; build it with reg_sho_request")

    describe = describer(table)
    short, exempt, total = (table.column(name).to_numpy() for name in _VOLUMES)
    exempt_or_none = np.where(np.isnan(exempt), 0.0, exempt)
    bad_symbol = pc.invert(pc.match_substring_regex(table.column("source_symbol"), SYMBOL_PATTERN)).to_numpy()
    bad_code = np.zeros(table.num_rows, dtype=bool)
    for name in ("market_code", "facility_code"):
        bad_code |= pc.invert(pc.match_substring_regex(table.column(name), _CODE)).to_numpy()
    rejects.where(
        pc.not_equal(table.column("trade_date"), request.for_date.isoformat()).to_numpy(), "wrong_date", describe
    )
    rejects.where(bad_symbol, "bad_symbol", describe)
    rejects.where(bad_code, "unreadable_field", describe)
    rejects.where(~np.isfinite(short + total) | np.isinf(exempt), "missing_number", describe)
    rejects.where((short < 0) | (total < 0) | (exempt_or_none < 0), "negative_volume", describe)
    rejects.where(short > total + ROUNDING_SHARES, "short_above_total", describe)
    rejects.where(exempt_or_none > short + ROUNDING_SHARES, "exempt_above_short", describe)
    return str(int((rejects.kept & (short + exempt_or_none > total + ROUNDING_SHARES)).sum()))


def lost_symbols(sent: pa.Table, kept: pa.Table) -> set[str]:
    """Return the symbols of which a row was sent and is not among the kept ones; a repeated equal row is no loss."""
    keys, kept_keys = (pc.binary_join_element_wise(*(table.column(k) for k in KEYS), "\x1f") for table in (sent, kept))
    gone = pc.invert(pc.is_in(keys, value_set=kept_keys))
    symbols = sent.column("source_symbol").filter(gone)
    return set(symbols.filter(pc.match_substring_regex(symbols, SYMBOL_PATTERN)).to_pylist())


def _unread(body: bytes) -> tuple[set[str], int]:
    """Return the symbols of unreadable rows, and how many of them do not even name one (null names nobody)."""
    symbols: set[str] = set()
    nameless = 0
    for raw in msgspec.json.decode(body, type=list[msgspec.Raw]):
        try:
            msgspec.json.decode(raw, type=_FacilityRow)
            continue
        except NOT_JSON:
            pass
        try:
            symbol = msgspec.json.decode(raw, type=_Named).securitiesInformationProcessorSymbolIdentifier
        except NOT_JSON:
            nameless += 1
        else:
            symbols |= {symbol} if symbol else set()
    plain = pa.array(sorted(symbols), pa.string())
    return set(plain.filter(pc.match_substring_regex(plain, SYMBOL_PATTERN)).to_pylist()), nameless


def sum_facilities(pages: Sequence[Fetched], merged: Fetched, request: Request) -> Fetched:
    """Return ``merged``, the facility rows of all ``pages``, summed per symbol into the columns of the daily file.

    Sorted by symbol; a sum with an exempt volume that was not sent has none. Symbols of which a row is missing are
    refused as ``incomplete_symbol``. Raises MalformedBody when a refused row does not say whose volume it is.
    """
    nameless = sum(int(page.parsed.notes[_NAMELESS]) for page in pages)
    if nameless:
        raise malformed(request, f"{nameless} rows without a readable symbol: whose volume they are is not known")
    lost = {symbol for page in pages for symbol in page.parsed.notes[INCOMPLETE].split(",") if symbol}
    if len(pages) > 1 and merged.parsed.rejected:
        lost |= lost_symbols(pa.concat_tables([page.parsed.table for page in pages]), merged.parsed.table)
    is_otc = pc.equal(merged.parsed.table.column("market_code"), OTC_MARKET)
    summed = _summed(merged.parsed.table.filter(pc.invert(is_otc)), request)

    rejects = Rejects(summed.num_rows)
    describe = describer(summed)
    is_lost = pc.is_in(summed.column("source_symbol"), value_set=pa.array(sorted(lost), pa.string())).to_numpy()
    rejects.where(is_lost, "incomplete_symbol", describe)
    notes = {name: note for name, note in merged.parsed.notes.items() if name not in (INCOMPLETE, _NAMELESS)}
    notes["otc_rows"] = str(pc.sum(is_otc).as_py() or 0)
    given = rejects.finish(summed, request, notes)  # symbols against symbols; the rows were judged against rows before
    samples = (*merged.parsed.samples, *given.samples)[:SAMPLES]
    whole = replace(
        given,
        rejected={**merged.parsed.rejected, **given.rejected},
        samples=samples,
        refused_symbols=merged.parsed.refused_symbols | given.refused_symbols,
        refused_unnamed=merged.parsed.refused_unnamed,
    )
    return replace(merged, parsed=whole)


def _summed(rows: pa.Table, request: Request) -> pa.Table:
    """Return one row per symbol; rows of a symbol lie together after sorting, so each sum is over one stretch."""
    rank = pc.fill_null(pc.index_in(rows.column("market_code"), value_set=pa.array(_MARKETS)), len(_MARKETS))
    order = [(name, "ascending") for name in ("source_symbol", "rank", "market_code")]
    rows = rows.append_column("rank", rank).sort_by(order)
    symbols, markets = rows.column("source_symbol"), rows.column("market_code")
    is_first = _differs(symbols)
    is_market = is_first | _differs(markets)  # a market with two facilities is named once
    first = np.flatnonzero(is_first)
    sums = {name: np.add.reduceat(rows.column(name).to_numpy(), first) for name in _VOLUMES} if len(first) else {}
    offsets = np.append(np.cumsum(is_market)[first] - 1, is_market.sum()) if len(first) else np.zeros(1)
    codes = markets.filter(pa.array(is_market)).combine_chunks()
    lists = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), codes)
    return pa.table(
        {
            "source_symbol": symbols.take(pa.array(first)),
            "trade_date": pa.repeat(pa.scalar(request.for_date, pa.date32()), len(first)),
            **{name: pa.array(sums.get(name, []), pa.float64(), from_pandas=True) for name in _VOLUMES},
            "market_codes": pc.binary_join(lists, ","),
        }
    )


def _differs(column: pa.ChunkedArray) -> BoolArray:
    """Return a mask of the rows whose value is not that of the row before; true for the first."""
    mask = np.ones(len(column), dtype=bool)
    if len(column) > 1:
        mask[1:] = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1)).to_numpy()
    return mask
