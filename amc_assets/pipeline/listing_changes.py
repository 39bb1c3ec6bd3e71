"""Which symbols changed hands since the listing before: derived when a listing is stored, kept as ``identity_changes``.

Only rows that differ are compared one by one. A symbol that the listing before lacks is compared with the departure
under which it was kept, so that no old listing is read again.
"""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import IDENTITY_CHANGES, UNIVERSE
from amc_assets.lake.vintages import newest
from amc_assets.lake.withdrawals import Complete, providers_of
from amc_assets.market.identity import Listed, Verdict, compare
from amc_assets.market.identity_changes import IdentityChange, identity_changes
from amc_assets.pipeline.identities import LOOKBACK_DAYS, changes_between
from amc_assets.pipeline.workspace import Workspace

SOURCE = "amc.identity_changes"
CARRIED_LISTINGS = 5
"""Listings that an identifier outlives: a source that is down for longer leaves names to compare."""
_NOT_LISTED = ("bad_symbol", "test_issue", "duplicate")
_WRITTEN = (
    "change_date", "symbol", "kind", "from_date", "previous_symbol", "previous_until_date", "name", "security_type",
    "cik", "composite_figi", "last_listed_date", "evidence", "source", "known_at", "is_simulated",
)  # fmt: skip
_COMPARED = ("symbol", "name", "security_type", "cik", "composite_figi", "listed_on_date")


def record_identity_changes(workspace: Workspace, day: date, observed_at: datetime) -> int:
    """Store what the listing of ``day`` changed, and what a later listing changed since; return how many rows are new.

    A listing that comes late stands between two others: the later one is compared again, and what it no longer shows
    is withdrawn.
    """
    keys = workspace.lake.partitions(UNIVERSE)
    later = [key for key in keys if key > day.isoformat()][:1]
    new = 0
    for key in [day.isoformat(), *later]:
        rows = _changes(workspace.lake, key, [other for other in keys if other < key][-CARRIED_LISTINGS:])
        if rows is not None:
            of_day = date.fromisoformat(key)
            whole = Complete(providers_of(SOURCE), date_column="change_date", first=of_day, last=of_day)
            month = of_day.replace(day=1).isoformat()
            new += workspace.write(IDENTITY_CHANGES, month, rows, observed_at, whole=whole).rows_new
    workspace.recent.identities.forget()
    return new


def _changes(lake: Lake, key: str, before_keys: list[str]) -> pa.Table | None:
    """Return the rows of one listing; None for the first listing of a lake, which nothing can be compared with."""
    listing = _listing(lake, key)
    if not before_keys or not listing.num_rows:
        return None
    day, before_day = date.fromisoformat(key), date.fromisoformat(before_keys[-1])
    before = _listing(lake, before_keys[-1])
    if not before.num_rows:  # a damaged listing was set aside just now: it says nothing of who left
        return _changes(lake, key, before_keys[:-1])
    now_rows = listing.filter(pc.invert(pc.is_in(_marks(listing), value_set=_marks(before))))
    here, there = listing["symbol"].combine_chunks(), before["symbol"].combine_chunks()
    gone = before.filter(pc.invert(pc.is_in(there, value_set=here)))
    changed = before.filter(pc.is_in(there, value_set=now_rows["symbol"].combine_chunks()))
    now = _listed(now_rows, day)
    held = _with_identifiers(lake, _listed(pa.concat_tables([gone, changed]), before_day), before_keys[:-1])
    earlier = _last_listed(lake, set(now) - set(held), day)
    found = identity_changes(held, now, earlier, gone["symbol"].to_pylist(), day)
    return _table(found, listing)


def _listing(lake: Lake, key: str) -> pa.Table:
    """Return the newest vintage of every listed security, with the instant at which it was known."""
    rows = lake.current(UNIVERSE, key).select([*_COMPARED, "exclusion_reason", "known_at", "is_simulated"])
    is_none = pc.is_in(rows["exclusion_reason"], value_set=pa.array(_NOT_LISTED, pa.string()))
    return rows.filter(pc.invert(is_none))


def _marks(rows: pa.Table) -> pa.Array:
    """Return one text per row that is equal where all that is compared is."""
    texts = [pc.fill_null(rows[name].cast(pa.string()), "") for name in _COMPARED]
    return pc.binary_join_element_wise(*texts, "\x1f").combine_chunks()


def _listed(rows: pa.Table, day: date) -> dict[str, Listed]:
    columns = [rows[name].to_pylist() for name in _COMPARED]
    return {row[0]: Listed(row[0], day, *row[1:]) for row in zip(*columns, strict=True)}


def _with_identifiers(lake: Lake, held: dict[str, Listed], keys: list[str]) -> dict[str, Listed]:
    """Fill identifiers that the listing before lacks from those before it, while those agree about the security.

    On a day without the reference every name would else be compared by its spelling, and the next day again.
    """
    lacking = {name for name, listed in held.items() if not (listed.cik or listed.composite_figi)}
    for key in reversed(keys):
        if not lacking:
            break
        rows = _listing(lake, key)
        known = pc.or_(pc.is_valid(rows["cik"]), pc.is_valid(rows["composite_figi"]))
        wanted = pc.is_in(rows["symbol"].combine_chunks(), value_set=pa.array(sorted(lacking), pa.string()))
        for symbol, older in _listed(rows.filter(pc.and_(known, wanted)), date.fromisoformat(key)).items():
            lacking.discard(symbol)
            if compare(older, held[symbol]).verdict is Verdict.SAME:
                held[symbol] = _filled(held[symbol], older)
    return held


def _filled(listed: Listed, older: Listed) -> Listed:
    return Listed(
        listed.symbol, listed.seen_date, listed.name, listed.security_type, older.cik, older.composite_figi,
        listed.listed_on_date or older.listed_on_date,
    )  # fmt: skip


def _last_listed(lake: Lake, symbols: set[str], day: date) -> dict[str, Listed]:
    """Return, for symbols that the listing before lacks, the identity under which each was listed last."""
    if not symbols:
        return {}
    first, last = day - timedelta(days=LOOKBACK_DAYS), day - timedelta(days=1)
    changes = newest(IDENTITY_CHANGES, changes_between(lake, first, last))
    left = changes.filter(
        pc.and_(
            pc.equal(changes["kind"], "left"),
            pc.is_in(changes["symbol"].combine_chunks(), value_set=pa.array(sorted(symbols), pa.string())),
        )
    )
    rows = left.sort_by([("change_date", "ascending"), ("known_at", "ascending")]).to_pylist()
    return {  # ascending: the last departure counts
        row["symbol"]: Listed(
            row["symbol"], row["last_listed_date"], row["name"], row["security_type"], row["cik"], row["composite_figi"]
        )
        for row in rows
    }


def _table(found: list[IdentityChange], listing: pa.Table) -> pa.Table:
    """Return the changes as rows, each known when the listing's row of its symbol was; a departure with the whole."""
    known = dict(zip(listing["symbol"].to_pylist(), listing["known_at"].to_pylist(), strict=True))
    whole = pc.max(listing["known_at"]).as_py()
    simulated = bool(np.all(listing["is_simulated"].to_numpy(zero_copy_only=False)))
    rows = [
        {
            "change_date": change.change_date,
            "symbol": change.symbol,
            "kind": str(change.kind),
            "from_date": change.from_date,
            "previous_symbol": change.previous_symbol,
            "previous_until_date": change.previous_until_date,
            "name": change.ended.name,
            "security_type": change.ended.security_type,
            "cik": change.ended.cik,
            "composite_figi": change.ended.composite_figi,
            "last_listed_date": change.ended.seen_date,
            "evidence": change.evidence,
            "source": SOURCE,
            "known_at": known.get(change.symbol, whole),
            "is_simulated": simulated,
        }
        for change in found
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([IDENTITY_CHANGES.arrow.field(name) for name in _WRITTEN]))
