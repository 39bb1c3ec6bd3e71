"""docs/simulated-market.md names what the code has."""

from datetime import date
from pathlib import Path

from amc_assets.replay.answers import Dataset
from amc_assets.replay.faults import FaultKind
from amc_assets.replay.simulated import DEFAULT_SEED, FIRST_DAY, LAST_DAY
from amc_assets.replay.simulation.events import EventKind
from amc_assets.replay.simulation.timeline import LAST_POSSIBLE_DAY, ORIGIN

DOCS = Path(__file__).resolve().parents[2] / "docs" / "simulated-market.md"


def undocumented(text: str) -> list[str]:
    """Return the names and numbers of the code that ``text`` lacks."""
    names = [f"`{name}`" for kind in (Dataset, FaultKind, EventKind) for name in kind]
    numbers: list[int | date] = [DEFAULT_SEED, FIRST_DAY, LAST_DAY, ORIGIN, LAST_POSSIBLE_DAY]
    return [wanted for wanted in [*names, *map(str, numbers)] if wanted not in text]


def test_the_page_names_every_dataset_fault_and_event() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert undocumented(text) == []
    assert undocumented(text.replace("`pump`", "")) == ["`pump`"]


def test_the_page_says_first_that_it_is_made_up() -> None:
    assert "Every number that comes from it is made up" in DOCS.read_text(encoding="utf-8")[:120]
