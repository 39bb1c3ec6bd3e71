"""What changed between a listing and the one before it: symbols with another security, renames, symbols that left."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from amc_assets.market.identity import Listed, Verdict, compare


class ChangeKind(StrEnum):
    """What happened to a symbol."""

    BREAK = "break"  # another security took it: nothing from before is its own
    RENAME = "rename"  # a security took it that had another symbol: its history comes along
    LEFT = "left"  # it is listed no more: kept so that a later user can be told from it


@dataclass(frozen=True)
class IdentityChange:
    """One change of a symbol, seen in the listing of ``change_date``.

    from_date: first date of which rows of ``symbol`` are of the security that holds it now. previous_symbol and
    previous_until_date: for a rename, rows of that symbol dated before are its too. ended: the security whose use of
    the symbol ended; for a rename the one that goes on, as it was last listed.
    """

    change_date: date
    symbol: str
    kind: ChangeKind
    from_date: date
    previous_symbol: str | None
    previous_until_date: date | None
    ended: Listed
    evidence: str


def identity_changes(
    before: Mapping[str, Listed],
    now: Mapping[str, Listed],
    earlier: Mapping[str, Listed],
    gone: Iterable[str],
    day: date,
) -> list[IdentityChange]:
    """Return the changes of the listing of ``day``, by symbol.

    before, now: by symbol, the identities of the listing before and of this one, where they are not letter by letter
    the same. earlier: for symbols that the listing before lacks, the identity under which they were listed last. gone:
    symbols of ``before`` that ``now`` lacks.
    """
    left = {symbol: before[symbol] for symbol in gone}
    broken = {}
    for symbol, listed in now.items():
        held = before.get(symbol) or earlier.get(symbol)
        found = None if held is None else compare(held, listed)
        if held is not None and found is not None and found.verdict is Verdict.OTHER:
            broken[symbol] = IdentityChange(
                day, symbol, ChangeKind.BREAK, _first_date(held, listed, day), None, None, held, found.evidence
            )
    ended = left | {symbol: before[symbol] for symbol in broken if symbol in before}
    came = {symbol: now[symbol] for symbol in now if symbol not in before or symbol in broken}
    renamed = _renames(ended, came, before, now, day)
    kept = [change for symbol, change in broken.items() if symbol not in renamed]
    gone_rows = [
        IdentityChange(day, symbol, ChangeKind.LEFT, day, None, None, listed, f"last listed on {listed.seen_date}")
        for symbol, listed in left.items()
    ]
    return sorted([*kept, *renamed.values(), *gone_rows], key=lambda change: (change.symbol, change.kind))


def _first_date(held: Listed, listed: Listed, day: date) -> date:
    """The listing date where it is given and fits: between two listings that are far apart it says when."""
    on = listed.listed_on_date
    return on if on is not None and held.seen_date < on <= day else day


def _renames(
    ended: Mapping[str, Listed], came: Mapping[str, Listed], before: Mapping[str, Listed], now: Mapping[str, Listed],
    day: date,
) -> dict[str, IdentityChange]:  # fmt: skip
    """Return by new symbol the securities that ended under one symbol and came under another in the same listing.

    By FIGI; then by CIK, kind and class, where exactly one security of them ended and one came.
    """
    found: dict[str, IdentityChange] = {}
    taken: set[str] = set()
    for key_of in (_figi, _filer):
        old, new = _unique(ended, key_of), _unique(came, key_of)
        for key in old.keys() & new.keys():
            previous, listed = old[key], new[key]
            if listed.symbol in found or previous.symbol in taken or previous.symbol == listed.symbol:
                continue
            taken.add(previous.symbol)
            found[listed.symbol] = _rename(
                previous, listed, day, was_free=listed.symbol not in before, is_reused=previous.symbol in now
            )
    return found


def _rename(previous: Listed, listed: Listed, day: date, *, was_free: bool, is_reused: bool) -> IdentityChange:
    """Between two listings that are far apart the day is not known: what only one security can own is its own."""
    after = previous.seen_date + timedelta(days=1)
    shared = f"FIGI {listed.composite_figi}" if _figi(previous) == _figi(listed) else f"CIK {listed.cik}"
    return IdentityChange(
        day, listed.symbol, ChangeKind.RENAME, after if was_free else day, previous.symbol,
        after if is_reused else day, replace(previous, symbol=previous.symbol),
        f"{shared}: {previous.symbol} {previous.name!r} -> {listed.symbol} {listed.name!r}",
    )  # fmt: skip


def _figi(listed: Listed) -> Hashable | None:
    return listed.composite_figi


def _filer(listed: Listed) -> Hashable | None:
    return (listed.cik, listed.kind, listed.share_class) if listed.cik else None


def _unique(listings: Mapping[str, Listed], key_of: Callable[[Listed], Hashable | None]) -> dict[Hashable, Listed]:
    """Return the listings by key; a key that two of them share tells nothing."""
    groups: dict[Hashable, list[Listed]] = {}
    for listed in listings.values():
        key = key_of(listed)
        if key is not None:
            groups.setdefault(key, []).append(listed)
    return {key: rows[0] for key, rows in groups.items() if len(rows) == 1}
