"""A handful of SVG marks, drawn by hand: a page with thirty charts stays small and needs no script.

Colours come from the page's style sheet through classes, so that charts follow light, dark and print.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from amc_assets.report.text import clean


@dataclass(frozen=True)
class Scale:
    """A straight line from values to pixels; a range of no width is drawn in the middle."""

    low: float
    high: float
    first_px: float
    last_px: float

    def __call__(self, value: float) -> float:
        """Return the place of ``value`` in pixels."""
        if self.high == self.low:
            return (self.first_px + self.last_px) / 2.0
        return self.first_px + (value - self.low) / (self.high - self.low) * (self.last_px - self.first_px)


def element(name: str, content: str | Markup = "", **attributes: object) -> Markup:
    """Return one element, all of it escaped; ``class_`` is class, other underscores become dashes."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items()
    )
    inner = content if isinstance(content, Markup) else escape(clean(content))
    return Markup("<{}{}>{}</{}>").format(Markup(name), Markup(written), inner, Markup(name))  # noqa: S704 - escaped above


def _attribute(value: object) -> Markup:
    if isinstance(value, float):
        return escape(f"{value:.1f}")
    return escape(value if isinstance(value, Markup) else clean(str(value)))


def line(points: Sequence[tuple[float, float] | None], css_class: str) -> Markup:
    """Return a line through the points; None breaks it, since a missing day is not a straight one."""
    commands: list[str] = []
    is_down = False
    for point in points:
        if point is not None:
            commands.append(f"{'L' if is_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        is_down = point is not None
    return element("path", d=Markup("".join(commands)), class_=css_class)  # noqa: S704 - digits only


def steps(points: Sequence[tuple[float, float]], last_x: float, css_class: str) -> Markup:
    """Return a staircase: each value holds from its own place until the next one's, the last one until ``last_x``."""
    if not points:
        return Markup()
    commands = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for x, y in points[1:]:
        commands.append(f"H{x:.1f}V{y:.1f}")
    commands.append(f"H{last_x:.1f}")
    return element("path", d=Markup("".join(commands)), class_=css_class)  # noqa: S704 - digits only


def text(x: float, y: float, words: str, css_class: str) -> Markup:
    """Return a label."""
    return element("text", words, x=x, y=y, class_=css_class)


def rule(y: float, first_x: float, last_x: float, css_class: str = "grid") -> Markup:
    """Return a horizontal rule."""
    return element("line", x1=first_x, x2=last_x, y1=y, y2=y, class_=css_class)
