"""Which symbol a text or a filer is about: names of the universe and the SEC's list of companies, per day."""

from datetime import date

import pyarrow.compute as pc

from amc_assets.features.news.tags import NameTagger
from amc_assets.lake.tables import UNIVERSE
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.workspace import Workspace


def name_tagger(workspace: Workspace, day: date) -> NameTagger:
    """Return the tagger over the names of the newest universe on or before ``day``."""
    key = workspace.lake.newest_partition(UNIVERSE, day) or ""
    names: dict[str, str] = {}
    if key:
        rows = workspace.recent.of(UNIVERSE, [key], workspace.clock_for(day).now())
        rows = rows.filter(rows.column("is_eligible"))
        names = dict(zip(rows.column("symbol").to_pylist(), rows.column("name").to_pylist(), strict=True))
    if workspace.tagger is None or workspace.tagger[0] != names:  # a day's names are mostly those of the day before
        workspace.tagger = (names, NameTagger(names))
    return workspace.tagger[1]


def ciks_by_symbol(workspace: Workspace, day: date) -> dict[str, str]:
    """Return the SEC's ten-digit number of every canonical symbol it lists; raise the transport's errors."""
    key = day.isoformat()
    if key not in workspace.ciks:
        table = workspace.sources.sec(day).company_tickers().parsed.table
        mapped = symbol_master(workspace, day).canonical_many(table.column("source_symbol").to_pylist(), Spelling.SEC)
        pairs = zip(mapped.tolist(), table.column("cik").to_pylist(), strict=True)
        workspace.ciks.clear()  # one day's list is enough: it changes slowly and holds ten thousand rows
        workspace.ciks[key] = _corrected({symbol: cik for symbol, cik in pairs if symbol}, workspace, day)
    return workspace.ciks[key]


def _corrected(ciks: dict[str, str], workspace: Workspace, day: date) -> dict[str, str]:
    """Return the SEC's list as the day's listing knows better: it is slow to learn that a symbol changed hands."""
    key = workspace.lake.newest_partition(UNIVERSE, day)
    if key is None:
        return ciks
    rows = workspace.lake.current(UNIVERSE, key)
    rows = rows.filter(pc.is_valid(rows.column("cik")))
    listed = dict(zip(rows.column("symbol").to_pylist(), rows.column("cik").to_pylist(), strict=True))
    return {symbol: listed.get(symbol, cik) for symbol, cik in ciks.items()}


def symbols_by_cik(workspace: Workspace, day: date) -> dict[str, list[str]]:
    """Return the eligible symbols of every SEC number: a filing is about the company, so about each of its classes."""
    key = f"{day.isoformat()} by cik"
    if key not in workspace.filers:
        owners: dict[str, list[str]] = {}
        eligible = _eligible(workspace, day)
        for symbol, cik in ciks_by_symbol(workspace, day).items():
            if symbol in eligible:
                owners.setdefault(cik, []).append(symbol)
        workspace.filers.clear()  # three forms a day ask for the same list
        workspace.filers[key] = owners
    return workspace.filers[key]


def _eligible(workspace: Workspace, day: date) -> set[str]:
    key = workspace.lake.newest_partition(UNIVERSE, day)
    if key is None:
        return set()
    rows = workspace.lake.current(UNIVERSE, key)
    return set(rows.filter(pc.equal(rows.column("is_eligible"), True)).column("symbol").to_pylist())
