"""What charts share: the frame of a pane with its highest and lowest value, and the months under a row of sessions."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from amc_assets.report import figures, svg
from amc_assets.report.svg import Scale

LEFT, RIGHT = 4.0, 456.0
"""Where panes begin and end, px; the values stand right of them."""
_FEWEST_MONTH_PX = 30.0
Span = tuple[float, float]


def pane(span: Span, title: str, high: str, low: str) -> list[Markup]:
    """Return title, rules and both ends of the scale of a pane from ``span[0]`` down to ``span[1]``, px."""
    return [
        svg.text(LEFT, span[0] - 7, title, "pane"),
        svg.rule(span[0], LEFT, RIGHT),
        svg.rule(span[1], LEFT, RIGHT),
        svg.text(RIGHT + 6, span[0] + 4, high, "tick"),
        svg.text(RIGHT + 6, span[1] + 4, low, "tick"),
    ]


def months(trade_dates: Sequence[date], x: Scale, span: Span, label_y: float) -> list[Markup]:
    """Return a rule over ``span`` and a label at the first session of each month, as many as have room."""
    parts: list[Markup] = []
    last_px = -_FEWEST_MONTH_PX
    for i, day in enumerate(trade_dates):
        is_new = i > 0 and day.month != trade_dates[i - 1].month
        if is_new and x(i) - last_px >= _FEWEST_MONTH_PX:
            last_px = x(i)
            name = figures.month(day) + (f" {day.year}" if day.month == 1 else "")
            parts.append(svg.element("line", x1=last_px, x2=last_px, y1=span[0], y2=span[1], class_="grid"))
            parts.append(svg.text(last_px + 2, label_y, name, "tick"))
    return parts
