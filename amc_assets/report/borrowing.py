"""Borrowing of a candidate: the parts of its stress with score, input and weight, and what shorts lost so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from amc_assets.reasons import Reason
from amc_assets.report import figures
from amc_assets.report.candidates import fact_cell
from amc_assets.report.evidence import Evidence, Stress, StressPart
from amc_assets.report.tables import Cell, Table, columns, missing, rows

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "implied_borrow": "Cost of shorting implied by options, a year",
        "short_volume": "Short volume against its own past",
        "days_to_cover": "Days to cover",
        "short_interest": "Short interest, % of float",
        "threshold": "On a threshold list",
        "fails": "Fails to deliver, % of shares",
    }
)


@dataclass(frozen=True)
class BorrowBlock:
    """What the page shows of borrowing and of the short book's losses."""

    facts: tuple[tuple[str, Cell], ...]
    parts: Table | None


def borrow_block(symbol: str, evidence: Evidence) -> BorrowBlock:
    """Return stress, level and losses; the parts only where the run stored them."""
    stress = evidence.stress
    facts = (
        ("Borrow stress, 0-100", fact_cell(evidence.fact("borrow_stress"), lambda value: f"{value:.1f}")),
        ("Level", _level(stress, evidence.fact("borrow_stress").reason)),
        ("Shorts' loss on entry", fact_cell(evidence.fact("short_loss_frac"), figures.pct)),
        ("Loss x short interest", fact_cell(evidence.fact("short_loss_float_frac"), figures.pct)),
    )
    return BorrowBlock(facts, None if stress is None else _parts_table(symbol, stress))


def _level(stress: Stress | None, reason: Reason) -> Cell:
    if stress is None:
        why = Reason.NOT_FETCHED if reason is Reason.PRESENT else reason
        return missing(why, note=str(why))
    note = "" if stress.confidence is None else f"confidence {stress.confidence:.2f}"
    return Cell(stress.level, note=note, tone="warn" if stress.level in {"high", "extreme"} else "")


def _parts_table(symbol: str, stress: Stress) -> Table:
    made = [
        (
            Cell(_NAMES.get(part.name, part.name.replace("_", " "))),
            missing(part.reason) if part.value is None else Cell(figures.quantity(part.value, part.unit)),
            _score(part),
            Cell(f"{part.weight:.2f}"),
            missing(part.reason) if part.known_at is None else Cell(figures.new_york(part.known_at)),
            Cell("" if part.reason is Reason.PRESENT else str(part.reason), tone="warn"),
        )
        for part in stress.parts
    ]
    heads = columns(
        "Part", ("Input", "own unit"), ("Score", "0-100"), ("Weight", "of 1"), "Known at (New York)", "Why missing"
    )
    return Table(f"Borrow stress of {symbol}, part by part", heads, rows(made))


def _score(part: StressPart) -> Cell:
    if part.score is None:
        return missing(part.reason)
    return Cell(f"{part.score:.1f}", bar_frac=part.score / 100.0)
