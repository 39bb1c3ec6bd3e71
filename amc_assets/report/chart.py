"""The chart of a candidate: closing price, volume, and shares short as the public knew them, one above the other."""

from collections.abc import Callable, Sequence
from datetime import date

from markupsafe import Markup

from amc_assets.report import figures, svg
from amc_assets.report.axes import LEFT, RIGHT, months, pane
from amc_assets.report.data import ChartSeries
from amc_assets.report.svg import Scale

WIDTH, HEIGHT = 520.0, 330.0
_PRICE, _VOLUME, _SHORT = (22.0, 158.0), (184.0, 232.0), (258.0, 304.0)
_AXIS_Y = 324.0


def chart(symbol: str, series: ChartSeries) -> Markup:
    """Return the chart as inline SVG, or nothing when no session traded.

    Hovering a session tells its numbers through its title; a screen reader gets the ends of the price line in words.
    """
    closes = [value for value in series.close_usd if value is not None]
    if not closes:
        return Markup()
    half = (RIGHT - LEFT) / len(series.trade_dates) / 2.0
    x = Scale(0, max(len(series.trade_dates) - 1, 1), LEFT + half, RIGHT - half)
    parts = [*months(series.trade_dates, x, (_PRICE[0], _SHORT[1]), _AXIS_Y), *_price(series, x)]
    parts += [*_volume(series, x, half), *_short_interest(series, x), *_hover(series, x, half)]
    return svg.element(
        "svg",
        Markup().join(parts),
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        role="img",
        class_="chart",
        aria_label=_in_words(symbol, series, closes),
    )


def _in_words(symbol: str, series: ChartSeries, closes: Sequence[float]) -> str:
    return (
        f"{symbol}: closing price, volume and shares short, {series.trade_dates[0]} to {series.trade_dates[-1]}. "
        f"Close from {figures.usd(closes[0])} to {figures.usd(closes[-1])}, "
        f"lowest {figures.usd(min(closes))}, highest {figures.usd(max(closes))}."
    )


def _price(series: ChartSeries, x: Scale) -> list[Markup]:
    closes = [value for value in series.close_usd if value is not None]
    y = Scale(min(closes), max(closes), _PRICE[1], _PRICE[0])
    points = [None if value is None else (x(i), y(value)) for i, value in enumerate(series.close_usd)]
    last = next(point for point in reversed(points) if point is not None)
    last_close = closes[-1]
    parts = pane(_PRICE, "Close, USD", figures.usd(y.high), figures.usd(y.low))
    parts += [svg.line(points, "price"), svg.element("circle", cx=last[0], cy=last[1], r=3.0, class_="dot")]
    if min(abs(last[1] - edge) for edge in _PRICE) > 12:  # px, the height of a label
        parts.append(svg.text(RIGHT + 6, last[1] + 4, figures.usd(last_close), "tick last"))
    return parts


def _volume(series: ChartSeries, x: Scale, half: float) -> list[Markup]:
    volumes = [value for value in series.volume_shares if value is not None]
    y = Scale(0.0, max(volumes, default=0.0) or 1.0, _VOLUME[1], _VOLUME[0])
    width = max(2 * half * 0.7, 0.6)
    bars = [
        f"M{x(i) - width / 2:.1f} {_VOLUME[1]:.1f}h{width:.1f}V{y(value):.1f}h-{width:.1f}z"
        for i, value in enumerate(series.volume_shares)
        if value is not None
    ]
    path = svg.element("path", d=Markup("".join(bars)), class_="volume")  # noqa: S704 - digits only
    high = figures.shares(max(volumes)) if volumes else figures.DASH
    return [*pane(_VOLUME, "Volume, shares", high, "0"), path]


def _short_interest(series: ChartSeries, x: Scale) -> list[Markup]:
    points = series.short_interest
    if not points:
        return [svg.text(LEFT, _SHORT[0] + 14, "Shares short: no published report for this symbol", "pane")]
    title = f"Shares short as the public knew them, newest of {points[-1].settlement_date}"
    y = Scale(0.0, max(point.shares for point in points) or 1.0, _SHORT[1], _SHORT[0])
    places = [(_x_of(point.visible_from, series.trade_dates, x), y(point.shares)) for point in points]
    stairs = svg.steps(places, RIGHT, "short")
    return [*pane(_SHORT, title, figures.shares(max(point.shares for point in points)), "0"), stairs]


def _x_of(day: date, trade_dates: Sequence[date], x: Scale) -> float:
    return x(next((i for i, session in enumerate(trade_dates) if session >= day), len(trade_dates) - 1))


def _hover(series: ChartSeries, x: Scale, half: float) -> list[Markup]:
    known = _known_short_shares(series)
    parts: list[Markup] = []
    for i, day in enumerate(series.trade_dates):
        words = ", ".join(
            (
                str(day),
                f"close {_or_dash(series.close_usd[i], figures.usd)}",
                f"volume {_or_dash(series.volume_shares[i], figures.shares)}",
                f"known short {_or_dash(known[i], figures.shares)}",
            )
        )
        title = svg.element("title", words)
        place = {"x": x(i) - half, "y": _PRICE[0], "width": 2 * half, "height": _SHORT[1] - _PRICE[0]}
        parts.append(svg.element("rect", title, **place, class_="hover"))
    return parts


def _known_short_shares(series: ChartSeries) -> list[float | None]:
    return [
        next((point.shares for point in reversed(series.short_interest) if point.visible_from <= day), None)
        for day in series.trade_dates
    ]


def _or_dash(value: float | None, write: Callable[[float], str]) -> str:
    return figures.DASH if value is None else write(value)
