"""Listings of some days compared one after the other, as the pipeline does it, without a lake."""

from collections.abc import Mapping, Sequence
from datetime import date

from amc_assets.market.identity import Listed
from amc_assets.market.identity_changes import ChangeKind, IdentityChange, identity_changes

Listing = Mapping[str, Listed]


def changes_of(listings: Sequence[Listing], days: Sequence[date]) -> list[IdentityChange]:
    """Return every change of consecutive listings."""
    found: list[IdentityChange] = []
    left: dict[str, Listed] = {}
    for before, now, day in zip(listings, listings[1:], days[1:], strict=False):
        gone = before.keys() - now.keys()
        earlier = {symbol: left[symbol] for symbol in now.keys() - before.keys() if symbol in left}
        changes = identity_changes(before, now, earlier, gone, day)
        left |= {change.symbol: change.ended for change in changes if change.kind is ChangeKind.LEFT}
        found += changes
    return found


def rows_of(changes: Sequence[IdentityChange]) -> list[dict[str, object]]:
    """Return the columns that spans are made of."""
    names = ("change_date", "symbol", "kind", "from_date", "previous_symbol", "previous_until_date")
    return [{name: getattr(change, name) for name in names} for change in changes]
