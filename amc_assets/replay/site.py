"""What every provider's routes are given: the market, what of it is public, the keys, and a request taken apart."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol

from amc_assets.market.calendar import previous_session, session_on_or_before
from amc_assets.replay.answers import Answer, BodyCache
from amc_assets.replay.datasets import Dataset
from amc_assets.replay.market import FloatRow, Listing, Market, SplitRow
from amc_assets.replay.publication_gate import PublicationGate
from amc_assets.replay.refusals import Refusals

CLIENT_ID, CLIENT_SECRET = "replay-client", "replay-secret"


@dataclass(frozen=True)
class WireRequest:
    """One request as it came in; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Routed:
    """Where a request leads: its dataset, its path and query without the key, its parameters."""

    dataset: Dataset
    path: str
    canonical: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class Site:
    """One market as a server shows it, and the keys it demands."""

    market: Market
    gate: PublicationGate
    cache: BodyCache
    polygon_key: str
    alpha_vantage_key: str
    base_url: str
    refusals: Refusals = field(default_factory=Refusals)

    def listings(self) -> Mapping[str, Listing]:
        """Return what is listed today, by canonical symbol."""
        return {row.symbol: row for row in self.market.directory(self.gate.today)}

    def floats(self) -> Mapping[str, FloatRow]:
        """Return the newest float of each symbol that is public.

        The endpoints know only their newest list: before the first date of a recording its first list is served, on
        today's share basis, and is biased.
        """
        today = self.gate.today
        rows = sorted(self.market.floats(), key=lambda row: row.effective_date)
        known = [row for row in rows if row.effective_date <= today]
        if known or not rows:
            return {row.symbol: row for row in known}
        splits: dict[str, list[SplitRow]] = {}
        for split in self.market.splits(today + timedelta(days=1), rows[-1].effective_date):
            splits.setdefault(split.symbol, []).append(split)
        return {row.symbol: _before_splits(row, splits.get(row.symbol, ())) for row in rows[::-1]}

    def newest_bar_day(self) -> date | None:
        """Return the newest session whose bars are public; None when the market has none yet."""
        day = session_on_or_before(self.gate.today)
        while day >= self.market.first_day:
            if self.gate.has_bars(day) and self.market.bars(day) is not None:
                return day
            day = previous_session(day)
        return None

    def two_newest_bar_days(self) -> tuple[date | None, date | None]:
        """Return the newest session with public bars and the one before it."""
        newest = self.newest_bar_day()
        before = None if newest is None else previous_session(newest)
        return newest, before if before is not None and before >= self.market.first_day else None


def _before_splits(row: FloatRow, splits: Sequence[SplitRow]) -> FloatRow:
    """Return a float of a later date in the shares there were before those of its ``splits`` that led to its date."""
    for split in splits:
        if split.execution_date <= row.effective_date:
            ratio, outstanding = split.split_from / split.split_to, row.outstanding_shares
            row = replace(
                row,
                float_shares=row.float_shares * ratio,
                outstanding_shares=None if outstanding is None else outstanding * ratio,
            )
    return row


class ProviderRoutes(Protocol):
    """One provider's part of the server."""

    def dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset | None:
        """Return the dataset of a path; None when it is not this provider's."""
        ...

    def refused_key(self, routed: Routed, request: WireRequest) -> Answer | None:
        """Return the refusal of a request without what the provider demands of every client; None when it has it."""
        ...

    def answer(self, routed: Routed, request: WireRequest) -> Answer:
        """Return the answer to a request of one of its datasets."""
        ...


def stamped_day(pattern: re.Pattern[str], path: str) -> date | None:
    """Return the ``YYYYMMDD`` that ``pattern`` finds in ``path``; None when there is no such day."""
    match = pattern.fullmatch(path)
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        return None
