"""Which rows of a symbol directory are screened, and why each of the others is not.

Pure functions of a table: no row is dropped; each gets a type, a verdict and, when excluded, the first reason that
holds.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa

from amc_assets.market.errors import UniverseError
from amc_assets.market.security_types import SecurityType, security_type
from amc_assets.market.spellings import is_canonical

__all__ = ["SecurityType", "UniverseReason", "UniverseSelection", "security_type", "select_universe"]


class UniverseReason(StrEnum):
    """Why a row is not screened, in the order in which the reasons are tried; the type reasons exclude each other."""

    BAD_SYMBOL = "bad_symbol"
    TEST_ISSUE = "test_issue"
    DUPLICATE = "duplicate"
    NOT_LISTED = "not_listed"
    WHEN_ISSUED = "when_issued"
    ETF = "etf"
    FUND = "fund"
    WARRANT = "warrant"
    UNIT = "unit"
    RIGHT = "right"
    PREFERRED = "preferred"
    NOTE = "note"
    OTHER_TYPE = "other_type"


@dataclass(frozen=True)
class UniverseSelection:
    """The classified table and the number of rows excluded per reason; every reason is present, also with 0."""

    table: pa.Table
    excluded: dict[UniverseReason, int]


COLUMNS: dict[str, pa.DataType] = {
    "symbol": pa.string(),
    "name": pa.string(),
    "exchange": pa.string(),
    "polygon_type": pa.string(),
    "is_etf": pa.bool_(),
    "is_test_issue": pa.bool_(),
}

# Test symbols that feeds have sent without a flag (docs/market.md), and their kin: Nasdaq's Z?ZZ? and the ?TEST of the
# NYSE group, Cboe and Chicago, each also with a class or series behind it (NTEST.A).
TEST_SYMBOLS = frozenset(
    (
        *("ZVZZT", "ZWZZT", "ZXZZT", "ZJZZT", "ZXYZ.A", "ZTEST", "ZTST", "ZVV", "ZZK", "ZZZ"),
        *("ZBZX", "CBO", "CBX", "IBO", "IGZ"),
    )
)
_TEST_ROOT = re.compile(r"(?:[ACMNPZ]TEST|Z[A-Z]ZZ[A-Z]|ZXYZ)(?![A-Z])")
_TEST_NAME = re.compile(r"\b(?:test (?:stock|stk|issue|symbol|security|securities)|symbology test)\b", re.IGNORECASE)
_WHEN_ISSUED = re.compile(r"\bwhen[- ]issued\b", re.IGNORECASE)

LISTING_EXCHANGES = frozenset(
    (
        *("XNYS", "XNAS", "XASE", "ARCX", "BATS", "IEXG", "XCHI", "XCIS", "LTSE"),  # market identifier codes (Polygon)
        *("XNGS", "XNMS", "XNCM"),  # tiers of Nasdaq
        *("N", "Q", "A", "P", "Z", "V", "G", "S"),  # letters of the Nasdaq symbol directory, and its tiers
        *("NYSE", "AMEX", "NYSE AMERICAN", "NYSE MKT", "ARCA", "NYSE ARCA", "NASDAQ", "BZX", "CBOE", "IEX"),
        *("NNM", "SC"),  # FINRA's classes of Nasdaq: global markets, capital market
    )
)

_TYPE_REASONS: dict[SecurityType, UniverseReason] = {
    SecurityType.ETF: UniverseReason.ETF,
    SecurityType.ETN: UniverseReason.NOTE,
    SecurityType.FUND: UniverseReason.FUND,
    SecurityType.WARRANT: UniverseReason.WARRANT,
    SecurityType.UNIT: UniverseReason.UNIT,
    SecurityType.RIGHT: UniverseReason.RIGHT,
    SecurityType.PREFERRED: UniverseReason.PREFERRED,
    SecurityType.NOTE: UniverseReason.NOTE,
    SecurityType.OTHER: UniverseReason.OTHER_TYPE,
}


def select_universe(rows: pa.Table) -> UniverseSelection:
    """Classify a directory table and say who is screened.

    ``rows`` has symbol (canonical), name, exchange (empty where the source lists only exchange-listed names),
    polygon_type, is_etf and is_test_issue; nulls are allowed. The answer has the same rows in the same order, with
    security_type, is_eligible and exclusion_reason (null when eligible). Of equal symbols the first row counts.
    Raises UniverseError when a column is absent or of another type.
    """
    columns = _columns_of(rows)
    seen: set[str] = set()
    types: list[SecurityType] = []
    reasons: list[UniverseReason | None] = []
    for symbol, name, exchange, polygon_type, is_etf, is_test in zip(*columns, strict=True):
        kind = security_type(polygon_type, name or "", symbol or "", is_etf)
        types.append(kind)
        reasons.append(
            _row_reason(symbol, name or "", exchange, is_test=bool(is_test), is_repeat=symbol in seen)
            or _TYPE_REASONS.get(kind)
        )
        seen.add(symbol)
    table = rows.append_column("security_type", pa.array(types, pa.string()))
    table = table.append_column("is_eligible", pa.array([reason is None for reason in reasons], pa.bool_()))
    table = table.append_column("exclusion_reason", pa.array(reasons, pa.string()))
    excluded = dict.fromkeys(UniverseReason, 0)
    for reason in reasons:
        if reason is not None:
            excluded[reason] += 1
    return UniverseSelection(table, excluded)


def _row_reason(
    symbol: str | None, name: str, exchange: str | None, *, is_test: bool, is_repeat: bool
) -> UniverseReason | None:
    if not symbol or not is_canonical(symbol):
        return UniverseReason.BAD_SYMBOL
    if is_test or _is_test(symbol, name):
        return UniverseReason.TEST_ISSUE
    if is_repeat:
        return UniverseReason.DUPLICATE
    if exchange and exchange.upper() not in LISTING_EXCHANGES:
        return UniverseReason.NOT_LISTED
    return UniverseReason.WHEN_ISSUED if _is_when_issued(symbol, name) else None


def _is_test(symbol: str, name: str) -> bool:
    """Whether an exchange tries its systems with this symbol; AEHR is Aehr Test Systems, a company."""
    if symbol in TEST_SYMBOLS or _TEST_ROOT.match(symbol):
        return True
    return ("est " in name or "EST " in name) and _TEST_NAME.search(name) is not None  # a pattern for each name is slow


def _is_when_issued(symbol: str, name: str) -> bool:
    """Whether a share is traded before it exists: GEVw, or Nasdaq's fifth letter V under a name that says so.

    The name alone says nothing: directories kept "When Issued" and "W/I" in the names of CVCO and AAP for years.
    """
    is_fifth_v = len(symbol) == 5 and symbol[-1] == "V" and symbol.isalpha()
    return symbol[-1] == "w" or (is_fifth_v and _WHEN_ISSUED.search(name) is not None)


def _columns_of(rows: pa.Table) -> list[list[Any]]:
    wrong = [
        f"{name} ({type_})"
        for name, type_ in COLUMNS.items()
        if name not in rows.column_names or rows.schema.field(name).type not in (type_, pa.null(), _large(type_))
    ]
    if wrong:
        raise UniverseError(
            f"the directory table lacks, or has with another type: {', '.join(wrong)}; it has "
            f"{rows.schema.names}: give every column, with nulls where the source does not say"
        )
    return [rows.column(name).to_pylist() for name in COLUMNS]


def _large(type_: pa.DataType) -> pa.DataType:
    return pa.large_string() if type_ == pa.string() else type_
