"""Tables as data: every table of the page is one of these, so that all are accessible and look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from amc_assets.reasons import MEANING, Reason
from amc_assets.report.figures import DASH

Tone = Literal["", "good", "bad", "warn", "muted"]


@dataclass(frozen=True)
class Cell:
    """One cell: text, a second line, a title that explains it, a bar of 0-1 behind a score, a link inside the page.

    link, link_text: an address outside, only ever one that ``links.safe_address`` passed, under the text.
    """

    text: str
    note: str = ""
    title: str = ""
    tone: Tone = ""
    bar_frac: float | None = None
    href: str = ""
    link: str = ""
    link_text: str = ""
    is_badge: bool = False
    is_missing: bool = False

    @property
    def bar_pct(self) -> str:
        """Length of the bar in percent, within 0-100."""
        return f"{100 * min(max(self.bar_frac or 0.0, 0.0), 1.0):.0f}"


@dataclass(frozen=True)
class Column:
    """Heading of a column with its unit; numbers stand on the right."""

    label: str
    unit: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Row:
    """Cells of a row, the first of which names it; ``is_group`` starts a group of rows."""

    cells: tuple[Cell, ...]
    is_group: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption; every row has one cell per column."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        """Refuse ragged rows: a shifted number is a wrong number."""
        if any(len(row.cells) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.caption!r}: every row needs {len(self.columns)} cells")


def missing(reason: Reason | str | None, note: str = "") -> Cell:
    """Return an em dash whose title says why there is no value; the code itself is in ``note`` where asked for."""
    text = str(reason or Reason.INPUT_MISSING)
    known = {str(one): meaning for one, meaning in MEANING.items()}
    return Cell(DASH, note, f"{text}: {known[text]}" if text in known else text, "muted", is_missing=True)


def columns(*labels: str | tuple[str, str]) -> tuple[Column, ...]:
    """Return columns from labels; ``(label, unit)`` is a column of numbers."""
    return tuple(Column(one) if isinstance(one, str) else Column(one[0], one[1], is_number=True) for one in labels)


def rows(cells: Sequence[Sequence[Cell]]) -> tuple[Row, ...]:
    """Return plain rows."""
    return tuple(Row(tuple(one)) for one in cells)
