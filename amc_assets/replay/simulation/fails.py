"""Fails to deliver and the threshold lists that follow from them, quarter after quarter.

A balance is a share of the shares outstanding: small and with gaps for most, persistent where shorts crowd in. A symbol
goes on the threshold list after five sessions in a row with 10,000 shares and 0.5 % of those outstanding, and off it
after five below (Regulation SHO, rule 203(c)(6)).
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt

from amc_assets.market.calendar import sessions_between
from amc_assets.replay.market import FailRow, FloatArray
from amc_assets.replay.simulation.blocks import Block
from amc_assets.replay.simulation.companies import cusip_of
from amc_assets.replay.simulation.days import Days
from amc_assets.replay.simulation.draws import normals, uniforms

LEAST_SHARES, LEAST_FRAC, SESSIONS_IN_A_ROW = 10_000.0, 0.005, 5
_STREAM = 33
_MEMORY, _NOISE = 0.85, 0.5
_USUAL_FRAC, _SPREAD = 1.5e-5, 1.1
_CROWDED_FROM, _CROWDED_GAIN = 0.22, 0.04
_CHRONIC_SHARE, _CHRONIC_FRAC = 0.004, 0.009
_NO_PRICE_SHARE = 0.01
_DESCRIPTION_CHARACTERS = 30

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FailsOfQuarter:
    """Balances and list membership of one quarter, shape (sessions, symbols)."""

    balance_shares: FloatArray
    is_on_list: Flags


class FailsBook:
    """Makes quarters in order on first use and keeps them; safe for several threads."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._lock = Lock()
        self._quarters: list[FailsOfQuarter] = []
        size = days.simulation.population.size
        positions = np.arange(size)
        self._usual = _USUAL_FRAC * np.exp(_SPREAD * normals(days.seed, _STREAM, 1, positions))
        self._gap_rate = 0.02 + 0.9 * uniforms(days.seed, _STREAM, 2, positions) ** 1.5
        self._is_chronic = uniforms(days.seed, _STREAM, 3, positions) < _CHRONIC_SHARE
        self._level = np.zeros(size)
        self._above = np.zeros(size, dtype=np.int64)
        self._below = np.zeros(size, dtype=np.int64)
        self._is_listed = np.zeros(size, dtype=np.bool_)

    def threshold_symbols(self, day: date) -> list[str] | None:
        """Return what is on the lists of a session; None when ``day`` is none of the range."""
        found = self._days.find(day)
        if found is None:
            return None
        block, row = found
        flags = self._quarter(block).is_on_list[row] & block.paths.has_bar[row]
        return sorted(self._days.simulation.population.names.symbols[flags].tolist())

    def fails(self, first: date, last: date) -> list[FailRow] | None:
        """Return the balances from ``first`` to ``last`` by date and symbol; None when the range has none of them."""
        first, last = max(first, self._days.first_day), min(last, self._days.last_day)
        sessions = sessions_between(first, last) if first <= last else []
        return [row for day in sessions for row in self._of_day(day)] or None

    @cached_property
    def _cusips(self) -> list[str]:
        return [cusip_of(self._days.seed, position) for position in range(self._days.simulation.population.size)]

    def _of_day(self, day: date) -> list[FailRow]:
        block, row = self._days.at(day)
        names, seed = self._days.simulation.population.names, self._days.seed
        balances = self._quarter(block).balance_shares[row]
        positions = np.flatnonzero((balances > 0) & block.paths.has_bar[row])
        before = self._days.closes_before(day)
        has_price = uniforms(seed, _STREAM, 6, day.toordinal(), positions) >= _NO_PRICE_SHARE
        return [
            FailRow(
                symbol=str(names.symbols[position]),
                settlement_date=day,
                cusip=self._cusips[position],
                fails_shares=float(balances[position]),
                price_usd=round(float(before[position]), 2) if before is not None and priced else None,
                description=str(names.names[position]).upper()[:_DESCRIPTION_CHARACTERS].strip(),
            )
            for position, priced in sorted(
                zip(positions.tolist(), has_price.tolist(), strict=True), key=lambda pair: str(names.symbols[pair[0]])
            )
        ]

    def _quarter(self, block: Block) -> FailsOfQuarter:
        number = block.quarter.number
        with self._lock:
            while len(self._quarters) <= number:
                self._quarters.append(self._next(self._days.blocks_to(len(self._quarters))[-1]))
            return self._quarters[number]

    def _next(self, block: Block) -> FailsOfQuarter:
        population, seed = self._days.simulation.population, self._days.seed
        ordinals = np.array([day.toordinal() for day in block.quarter.sessions])[:, None]
        positions = np.arange(population.size)[None, :]
        noise = _NOISE * normals(seed, _STREAM, 4, positions, ordinals)
        is_gap = uniforms(seed, _STREAM, 5, positions, ordinals) < self._gap_rate
        outstanding = population.base_outstanding_shares * block.paths.share_multiple
        crowded = (block.short_frac - _CROWDED_FROM).clip(0.0, None)
        balance, is_on_list = np.empty(noise.shape), np.empty(noise.shape, dtype=np.bool_)
        for row in range(len(noise)):
            self._level = _MEMORY * self._level + noise[row]
            steady = _CROWDED_GAIN * crowded[row] + np.where(self._is_chronic, _CHRONIC_FRAC, 0.0)
            frac = self._usual * np.exp(self._level) + steady * np.exp(0.25 * self._level)
            gone = is_gap[row] & (steady < LEAST_FRAC / 2)
            balance[row] = np.where(gone, 0.0, np.floor(frac * outstanding[row]))
            is_on_list[row] = self._listed_after(balance[row], outstanding[row])
        return FailsOfQuarter(balance, is_on_list)

    def _listed_after(self, balance: FloatArray, outstanding: FloatArray) -> Flags:
        is_high = (balance >= LEAST_SHARES) & (balance >= LEAST_FRAC * outstanding)
        self._above = np.where(is_high, self._above + 1, 0)
        self._below = np.where(is_high, 0, self._below + 1)
        stays = self._is_listed & (self._below < SESSIONS_IN_A_ROW)
        self._is_listed = stays | (self._above >= SESSIONS_IN_A_ROW)
        return self._is_listed
