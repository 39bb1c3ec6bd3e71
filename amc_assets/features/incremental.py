"""One step from last night's rebuild to the bar of today, for refreshes inside a session.

The step is a pure function of last night's state and today's bar: repeating it changes nothing, and it returns
features, not a state, so steps cannot be chained across days. The result equals a full rebuild with the bar appended
(<= 1e-9).
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.indicators import EMA_FAST, EMA_SLOW, WILDER, Smoothed, smoothed_last
from amc_assets.features.own_bars import IDX, OwnBars
from amc_assets.features.panel import HISTORY_SESSIONS, PricePanel
from amc_assets.features.predecessor import OwnTail
from amc_assets.features.prices import (
    OWN_TAIL,
    SESSION_TAIL,
    PriceFeatures,
    Trailing,
    assemble,
    own_tail_of,
    up_days,
)
from amc_assets.features.relative_volume import OrdinaryVolume
from amc_assets.features.snapshot import BOOL, F64
from amc_assets.features.vintages import PRICES, VALUES
from amc_assets.market.calendar import previous_session

_PRICE_FIELDS = ("close_usd", "high_usd", "low_usd")


@dataclass(frozen=True)
class NightlyState:
    """What a rebuild of the session before leaves for the next day; arrays over symbols (N,), ascending.

    Built from 299 sessions: with today's bar that is the window of 300 which a rebuild of today looks at.
    """

    session_tail: PricePanel
    ordinary_volume: OrdinaryVolume
    own_tail: OwnTail
    smoothed: Smoothed
    up_days: F64
    counts: IDX

    @property
    def symbols(self) -> NDArray[np.str_]:
        """Symbols of the state, str (N,)."""
        return self.session_tail.symbols

    def restated(self, ratios: F64) -> "NightlyState":
        """Return the state on the basis of a split executed today: ratios F64 (N,), new shares per old, 1 without."""
        tail, own = self.session_tail, self.own_tail
        values = {name: getattr(tail, name) / ratios for name in PRICES}
        values["volume_shares"] = tail.volume_shares * ratios
        return replace(
            self,
            session_tail=PricePanel.of(tail.sessions, tail.symbols, values, tail.known_at, tail.as_of),
            ordinary_volume=replace(self.ordinary_volume, shares=self.ordinary_volume.shares * ratios),
            own_tail=OwnTail(
                own.close_usd / ratios, own.high_usd / ratios, own.low_usd / ratios, own.volume_shares * ratios
            ),
            smoothed=Smoothed(**{f.name: getattr(self.smoothed, f.name) / ratios for f in fields(Smoothed)}),
        )


def nightly_state(panel: PricePanel) -> NightlyState:
    """Rebuild the state of the last session of ``panel`` from its last 299 sessions."""
    panel = panel.window(HISTORY_SESSIONS - 1)
    own = OwnBars.of(panel.close_usd, panel.high_usd, panel.low_usd)
    return NightlyState(
        session_tail=panel.window(SESSION_TAIL - 1),
        ordinary_volume=OrdinaryVolume.before(panel.volume_shares),
        own_tail=own_tail_of(own, panel),
        smoothed=smoothed_last(own),
        up_days=up_days(panel.close_usd),
        counts=own.counts,
    )


def step(
    state: NightlyState,
    today: PricePanel,
    *,
    is_partial: BOOL | None = None,
    mean_cumulative_volume_shares: F64 | None = None,
) -> PriceFeatures:
    """Return the price features of ``today``, a panel of one session, whole or partial, on the state's share basis.

    is_partial and mean_cumulative_volume_shares: as in ``price_features``. Raises FeatureInputError for other symbols
    than the state's, or for a state that is not of the session directly before.
    """
    _check(state, today)
    has_bar = today.has_bar
    bar = today.window(1)
    own_tail = _appended(state.own_tail, bar, has_bar)
    trailing = Trailing(
        session_tail=_extended(state.session_tail, bar),
        ordinary_volume=state.ordinary_volume,
        own_tail=own_tail,
        smoothed=_advanced(state, bar, own_tail),
        up_days=_up_days(state, bar.close_usd[-1]),
        bars_observed=state.counts + has_bar,
    )
    return assemble(trailing, is_partial, mean_cumulative_volume_shares)


def _check(state: NightlyState, today: PricePanel) -> None:
    if not np.array_equal(state.symbols, today.symbols):
        raise FeatureInputError("today's symbols are not the state's: reindex the panels of both to one universe")
    before = previous_session(today.day)
    if state.session_tail.day != before:
        raise FeatureInputError(
            f"the state is of {state.session_tail.day}, a step to {today.day} starts from {before}: rebuild it"
        )


def _extended(tail: PricePanel, bar: PricePanel) -> PricePanel:
    values = {name: np.concatenate([getattr(tail, name), getattr(bar, name)]) for name in VALUES}
    return PricePanel.of((*tail.sessions, bar.day), tail.symbols, values, bar.known_at, bar.as_of)


def _appended(tail: OwnTail, bar: PricePanel, has_bar: BOOL) -> OwnTail:
    columns = {}
    for field in fields(OwnTail):
        old = getattr(tail, field.name)
        columns[field.name] = np.where(has_bar, np.concatenate([old[1:], getattr(bar, field.name)[-1:]]), old)
    return OwnTail(**columns)


def _up_days(state: NightlyState, close: F64) -> F64:
    before = state.session_tail.close_usd[-1]
    run = np.where(close > before, 1.0 + np.nan_to_num(state.up_days), 0.0)
    return np.where(np.isfinite(close) & np.isfinite(before), run, np.nan)


def _advanced(state: NightlyState, bar: PricePanel, own_tail: OwnTail) -> Smoothed:
    """Every recursion one bar on; a history that still fits into the tail is seeded afresh from it."""
    old, close = state.smoothed, bar.close_usd[-1]
    previous = state.own_tail.close_usd[-1]
    change = close - previous
    true_range = np.maximum(bar.high_usd[-1], previous) - np.minimum(bar.low_usd[-1], previous)
    moved = Smoothed(
        ema9_usd=_moved(old.ema9_usd, close, 2.0 / (EMA_FAST + 1)),
        ema20_usd=_moved(old.ema20_usd, close, 2.0 / (EMA_SLOW + 1)),
        ema9_first_price_usd=_moved(old.ema9_first_price_usd, close, 2.0 / (EMA_FAST + 1)),
        ema20_first_price_usd=_moved(old.ema20_first_price_usd, close, 2.0 / (EMA_SLOW + 1)),
        net_change_usd=_moved(old.net_change_usd, change, 1.0 / WILDER),
        total_change_usd=_moved(old.total_change_usd, np.abs(change), 1.0 / WILDER),
        # a bar without a range leaves the average where it was; assemble hides it for that day
        atr14_usd=np.where(np.isfinite(true_range), _moved(old.atr14_usd, true_range, 1.0 / WILDER), old.atr14_usd),
    )
    young = np.flatnonzero(state.counts < OWN_TAIL)
    if young.size:
        seeded = smoothed_last(OwnBars.of(*(getattr(own_tail, name)[:, young] for name in _PRICE_FIELDS)))
        for field in fields(Smoothed):
            getattr(moved, field.name)[young] = getattr(seeded, field.name)
    return moved


def _moved(old: F64, value: F64, alpha: float) -> F64:
    return old + alpha * (value - old)
