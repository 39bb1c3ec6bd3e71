"""docs/market.md against the code: every name a user can meet is explained there."""

from pathlib import Path

import pytest

from amc_assets.market.calendar import FIRST_DAY, LAST_DAY, MarketSession
from amc_assets.market.closures import session_table
from amc_assets.market.spellings import Spelling, SymbolParts, parts_of, spellings_of
from amc_assets.market.universe import SecurityType, UniverseReason

TEXT = (Path(__file__).parents[2] / "docs" / "market.md").read_text(encoding="utf-8")
EXAMPLES = ("BRK.B", "ABRpD", "ACIC.WS", "ACIC.U", "GIXr", "XYZw")


@pytest.mark.parametrize("enum", [MarketSession, Spelling, SecurityType, UniverseReason])
def test_every_value_is_named(enum):
    assert [value for value in enum if f"`{value}`" not in TEXT] == []


def test_reasons_are_listed_in_the_order_in_which_they_are_tried():
    listed = [line.split("`")[1] for line in TEXT.splitlines() if line.startswith("| `")][-len(UniverseReason) :]
    assert listed == list(UniverseReason)


@pytest.mark.parametrize("spelling", list(Spelling))
def test_the_table_of_spellings_is_the_one_in_the_code(spelling):
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| `{spelling}`"))
    cells = [cell.replace("`", "").strip() for cell in line.strip("|").split("|")[1:]]
    assert cells == [_written(parts_of(symbol), spelling) for symbol in EXAMPLES]


def _written(parts: SymbolParts, spelling: Spelling) -> str:
    return " ".join(spellings_of(parts, spelling))


def test_counts_of_the_calendar():
    table = session_table()
    span = f"{FIRST_DAY} to {LAST_DAY}: {len(table.sessions):,}"
    flat = " ".join(TEXT.split())
    assert f"{span} sessions, {len(table.half_days)} half days, {len(table.closures)} weekday closures" in flat
