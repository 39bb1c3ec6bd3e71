"""The SEC's numbers of a listing on plans without Polygon: with names alone a rebrand looks like another company."""

from datetime import date

import pyarrow as pa

from amc_assets.market.calendar import exchange_date
from amc_assets.market.company_name import names_agree
from amc_assets.market.symbols import Spelling, SymbolMaster, is_canonical
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import ProviderError


def with_sec_ciks(workspace: Workspace, day: date, listed: pa.Table) -> pa.Table:
    """Return the listing with ``cik`` from the SEC's list, where its name of the company agrees with the listing's.

    The list is of today: a past day's listing gets none. It is slow to learn of a reused symbol, and names then show
    that. Where Polygon is in use it gives the numbers: of a company that files under two, sources name different ones.
    """
    uses, is_past = workspace.sources.uses, day < exchange_date(workspace.clock_for(day).now())
    if uses("polygon") or not uses("sec") or is_past:
        return listed
    try:
        companies = workspace.sources.sec(day).company_tickers().parsed.table
    except ProviderError:
        return listed  # names remain to compare
    symbols = listed.column("symbol").to_pylist()
    master = SymbolMaster([symbol for symbol in symbols if symbol and is_canonical(symbol)])
    spelled = master.canonical_many(companies.column("source_symbol").to_pylist(), Spelling.SEC).tolist()
    rows = zip(spelled, companies.column("cik").to_pylist(), companies.column("name").to_pylist(), strict=True)
    filers = {symbol: (cik, name) for symbol, cik, name in rows if symbol}
    names = listed.column("name").to_pylist()
    ciks = [
        filers[symbol][0] if symbol in filers and names_agree(filers[symbol][1], name) is not False else None
        for symbol, name in zip(symbols, names, strict=True)
    ]
    return listed.set_column(listed.column_names.index("cik"), "cik", pa.array(ciks, pa.string()))
