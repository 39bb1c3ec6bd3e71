"""The registry is what the documentation prints, and what it says of a dataset is what its parser gives."""

import random
import re
from collections import Counter

import pytest

from amc_assets.providers.registry import DATASETS, markdown_table
from amc_assets_tests.conftest import ROOT
from amc_assets_tests.house.sources import Source, python, source
from amc_assets_tests.providers import refusals
from amc_assets_tests.providers.cards.deck import DECK
from amc_assets_tests.providers.test_mutations import mutate, outcome

DOCUMENT = ROOT / "docs" / "providers.md"
ROOM = "amc_assets/providers/"
INTERNAL_NOTES = {"next_url", "incomplete_symbols", "nameless_rows"}
"""From one page to its reader; not in what is fetched."""


def parsers() -> list[Source]:
    """Return the files of the room but those of the road, which knows nothing of rows."""
    return [item for item in python(ROOM.rstrip("/")) if not item.path.startswith(f"{ROOM}road/")]


def test_names_are_unique_per_provider() -> None:
    assert max(Counter((item.provider, item.name) for item in DATASETS).values()) == 1


def test_the_document_holds_the_generated_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(r"<!-- generated: datasets -->\n(.*?)\n<!-- end -->", text, re.DOTALL)
    assert found, "docs/providers.md has lost the marks around its table"
    assert found[1] == markdown_table(), "write markdown_table() of providers/registry.py between the marks"


def documented() -> set[str]:
    """Return the reasons of the table "Refused rows"."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text[text.index("## Refused rows") : text.index("## Reading in pages")]
    return set(re.findall(r"^\| `([a-z_0-9]+)` \|", section, re.MULTILINE))


def test_every_reason_a_row_is_refused_for_is_documented() -> None:
    reasons = {reason for item in parsers() for reason in refusals.reasons_in(item)}
    assert reasons >= {"wrong_date", "not_utf8", "unreadable_row", "duplicate_row", "no_halt_time", "cut_number"}
    assert reasons == documented()


def test_a_reason_in_a_variable_is_known_where_it_comes_from() -> None:
    found = {item.path.removeprefix(ROOM) for item in parsers() if refusals.hands_on(item)}
    assert found == set(refusals.HANDED_ON), "say in refusals.py where this file has its reasons from"


def test_what_injured_bodies_are_refused_for_is_documented() -> None:
    randomness = random.Random("reasons 2026")
    seen: Counter[str] = Counter()
    notes: set[str] = set()
    for card in DECK:
        for body in (card.small, *(mutate(card.small, randomness) for _ in range(40))):
            parsed, _ = outcome(card, body)
            seen.update(parsed.rejected if parsed else {})
            notes.update(parsed.notes if parsed else {})
        for good in (card.good, *card.duplicated.values(), *card.not_a_number.values(), *card.wrong_column.values()):
            seen.update(good.rejected)
    assert len(seen) > 15, "hardly a row was refused: this test looks at nothing"
    assert set(seen) - documented() == set()
    text = DOCUMENT.read_text(encoding="utf-8")
    said = text[text.index("## Notes") : text.index("## Reading in pages")]
    assert notes - INTERNAL_NOTES - set(re.findall(r"`([a-z0-9_]+)`", said)) == set()


def test_lives_of_copies_are_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text[text.index("## Copies") : text.index("## Who gets")]
    rows = re.findall(r"^\| (`.+`) \| (.+) \| (.+) \|$", section, re.MULTILINE)
    written = {name: row[1:] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    lives = {
        card.dataset.name: (card.request.fresh_seconds, card.request.usable_seconds)
        for card in DECK
        if card.request.fresh_seconds or card.request.usable_seconds
    }
    assert {name: (seconds(fresh), seconds(usable)) for name, (fresh, usable) in written.items()} == lives


def seconds(words: str) -> float:
    """Return a duration such as ``12 hours`` or ``1 minute, the feed's own figure`` in seconds; 0 for a dash."""
    if words == "-":
        return 0.0
    count, unit = words.partition(",")[0].split()
    return float(count) * {"minute": 60, "hour": 3600, "day": 86_400}[unit.rstrip("s")]


@pytest.mark.parametrize(
    "text",
    [
        'rejects.where(mask, "bad_x", describe)',
        'rejects.before_parsing({"bad_x": 2} if two else {}, samples)',
        'cells.refuse("bad_x" if odd else "bad_y", line)',
        'raise _Odd("bad_x") from None',
        '_refuse_other(_SYMBOL, text, "bad_x")',
        'def judge(line: bytes) -> tuple[str, str]:\n    return line, "" if line else "bad_x"',
        'def judge(row: Row) -> tuple[Row | None, str]:\n    return (row, "") if row else (None, "bad_x")',
        'def judge(row: Row) -> str:\n    if odd:\n        return "bad_x"\n    return ""',
        'problem = "bad_x"',
    ],
)
def test_every_way_to_refuse_a_row_is_seen(text: str) -> None:
    assert "bad_x" in refusals.reasons_in(source("x.py", text))


@pytest.mark.parametrize(
    "text",
    ['np.where(mask, "bad_x", "good")', 'def name() -> str:\n    return "Bad X"', 'notes = {"bad_x": "1"}'],
)
def test_other_words_are_no_reasons(text: str) -> None:
    assert refusals.reasons_in(source("x.py", text)) == set()


def test_a_reason_in_a_variable_is_seen() -> None:
    assert refusals.hands_on(source("x.py", "rejects.where(mask, why, describe)"))
    assert not refusals.hands_on(source("x.py", 'rejects.where(mask, "bad_x", describe)'))


def test_units_are_in_the_names() -> None:
    suffix = {"shares": "_shares", "USD": "_usd", "exchange date": "_date", "flag": "is_"}
    for item in DATASETS:
        for name, unit in item.columns:
            for word, mark in suffix.items():
                if unit == word or unit.startswith(word + ","):
                    assert name.endswith(mark) or name.startswith(mark), (item.name, name, unit)
