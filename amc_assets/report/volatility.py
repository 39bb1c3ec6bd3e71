"""Volatility of a candidate as two charts: the term structure of its newest chain, the history of its 30 days."""

import math
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from amc_assets.report import figures, svg
from amc_assets.report.axes import LEFT, RIGHT, months, pane
from amc_assets.report.evidence import Volatility
from amc_assets.report.svg import Scale

WIDTH, HEIGHT = 520.0, 176.0
_PANE = (24.0, 146.0)
_AXIS_Y = 167.0
_INSET_PX = 10.0
_LABEL_PX = 12.0
_TICK_DAYS = (7, 14, 30, 60, 90, 180, 365, 730)
_FEWEST_TICK_PX = 26.0
_TARGET_DAYS = 30.0
LEAST_HISTORY = 2
MOST_DOTS = 60
"""Sessions that tell their value when pointed at; a year of them would double the page."""


def term_chart(symbol: str, volatility: Volatility, iv_30d_frac: float | None) -> Markup:
    """Return volatility against days to expiry (logarithmic) as inline SVG, 30 days marked; nothing without an expiry.

    iv_30d_frac: the run's 30-day volatility, a fraction a year, None where it is missing.
    """
    if not (term := volatility.term):
        return Markup()
    shown = [*(iv_frac for _, iv_frac in term), *([] if iv_30d_frac is None else [iv_30d_frac])]
    days = [*(day for day, _ in term), _TARGET_DAYS]
    x = Scale(math.log(min(days)), math.log(max(days)), LEFT + _INSET_PX, RIGHT - _INSET_PX)
    y = Scale(min(shown), max(shown), _PANE[1], _PANE[0])
    title = f"Implied volatility by days to expiry, {volatility.chain_date}"
    parts = [*_frame(title, y), *_day_ticks(min(days), max(days), x)]
    points = [(x(math.log(day)), y(iv_frac)) for day, iv_frac in term]
    parts.append(svg.line(points, "price"))
    for (day, iv_frac), point in zip(term, points, strict=True):
        parts.append(_dot(point, f"{day:.0f} days to expiry: {figures.pct(iv_frac)}"))
    if iv_30d_frac is not None:
        place = (x(math.log(_TARGET_DAYS)), y(iv_30d_frac))
        parts.append(_dot(place, f"30 days: {figures.pct(iv_30d_frac)}", "dot target", 4.0))
    words = f"{symbol}: implied volatility by days to expiry, " + ", ".join(
        f"{day:.0f} days {figures.pct(iv_frac)}" for day, iv_frac in term
    )
    return _drawn(words, parts)


def history_chart(symbol: str, history: Sequence[tuple[date, float | None]]) -> Markup:
    """Return 30-day volatility by session as inline SVG, broken where none was observed; nothing below two sessions."""
    observed = [(i, iv_frac) for i, (_, iv_frac) in enumerate(history) if iv_frac is not None]
    if len(observed) < LEAST_HISTORY:
        return Markup()
    values = [iv_frac for _, iv_frac in observed]
    x = Scale(0, max(len(history) - 1, 1), LEFT + _INSET_PX, RIGHT - _INSET_PX)
    y = Scale(min(values), max(values), _PANE[1], _PANE[0])
    days = [day for day, _ in history]
    title = f"30-day implied volatility, {len(observed)} of {len(history)} sessions observed"
    parts = [*_frame(title, y), *months(days, x, _PANE, _AXIS_Y)]
    if not any(one.month != days[0].month for one in days):  # too short for a month to begin: say when it is
        parts.append(svg.text(LEFT, _AXIS_Y, f"{days[0]} to {days[-1]}", "tick"))
    parts.append(svg.line([None if iv is None else (x(i), y(iv)) for i, (_, iv) in enumerate(history)], "price"))
    for i, iv_frac in observed[-MOST_DOTS:]:
        parts.append(_dot((x(i), y(iv_frac)), f"{days[i]}: {figures.pct(iv_frac)}", radius=2.5))
    last, last_frac = observed[-1]
    if last == len(history) - 1:
        parts.append(_dot((x(last), y(last_frac)), f"{days[last]}: {figures.pct(last_frac)}", "dot target", 4.0))
    if y.high > y.low:
        parts += _beside(y(last_frac), last_frac)
    words = (
        f"{symbol}: 30-day implied volatility, {days[observed[0][0]]} to {days[last]}, "
        f"last {figures.pct(last_frac)}, lowest {figures.pct(min(values))}, highest {figures.pct(max(values))}"
    )
    return _drawn(words, parts)


def _frame(title: str, y: Scale) -> list[Markup]:
    """Return the pane with the ends of its scale; one value alone is drawn in the middle and written there."""
    if y.high > y.low:
        return pane(_PANE, title, figures.pct(y.high), figures.pct(y.low))
    return [*pane(_PANE, title, "", ""), *_beside(y(y.high), y.high)]


def _beside(place_y: float, iv_frac: float) -> list[Markup]:
    """Return the value at the right edge, unless an end of the scale stands there already."""
    if min(abs(place_y - edge) for edge in _PANE) <= _LABEL_PX:
        return []
    return [svg.text(RIGHT + 6, place_y + 4, figures.pct(iv_frac), "tick last")]


def _day_ticks(fewest: float, most: float, x: Scale) -> list[Markup]:
    parts: list[Markup] = []
    last_px = -_FEWEST_TICK_PX
    for days in _TICK_DAYS:
        if not fewest <= days <= most:
            continue
        place = x(math.log(days))
        is_target = days == _TARGET_DAYS
        if not is_target and place - last_px < _FEWEST_TICK_PX:
            continue
        parts.append(
            svg.element(
                "line", x1=place, x2=place, y1=_PANE[0], y2=_PANE[1], class_="grid mark" if is_target else "grid"
            )
        )
        parts.append(svg.text(place + 2, _AXIS_Y, f"{days} days" if is_target else f"{days}", "tick"))
        last_px = place + (_FEWEST_TICK_PX if is_target else 0.0)
    return parts


def _dot(place: tuple[float, float], words: str, css_class: str = "dot", radius: float = 3.0) -> Markup:
    return svg.element("circle", svg.element("title", words), cx=place[0], cy=place[1], r=radius, class_=css_class)


def _drawn(words: str, parts: Sequence[Markup]) -> Markup:
    view_box = f"0 0 {WIDTH:.0f} {HEIGHT:.0f}"
    return svg.element(
        "svg", Markup().join(parts), viewBox=view_box, role="img", class_="chart", aria_label=f"{words}."
    )
