"""Mutated bodies, seeded: no parser ever crashes, hangs, loses a row in silence or lets a control character through.

``AMC_FUZZ_BODIES`` sets how many bodies are tried over all datasets; each test prints its count.
"""

import os
import random
import unicodedata

import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Parsed
from amc_assets_tests.providers.cards.card import Card
from amc_assets_tests.providers.cards.deck import DECK

MUTATIONS = int(os.environ.get("AMC_FUZZ_BODIES", "12000"))
MOST_BYTES = 8192
LONGEST_SECONDS = 5.0  # of one body: a hang, not a slow machine
_SPICE = [
    b"", b"|", b"||", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b'"', b"'", b",", b"-", b".", b"e9",
    b"0x1", b"NaN", b"Infinity", b"-1", b"1e400", b"999999999999999999999", b"null", b"true", b"[]", b"{}", b"]", b"}",
    b'{"a":1}', b"<html>", b"NA", b"20261120", b"2026-10-30", b"\xc3\xbc", b"\xe2\x80\xae", b"0", b" ", b"\t",
    b"\x1b[31m", b"\\u0000", b"[" * 3000, b"File Creation Time: 1120202621:30", b"<item>", b"</item>",
    b"]]>", b"&nbsp;", b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"None", b"$", b"%", b"Fri, 31 Feb 2026 25:61:00 GMT", b"PK\x03\x04",
]  # fmt: skip
every_card = pytest.mark.parametrize(
    "card", DECK, ids=[f"{card.dataset.provider}.{card.dataset.name}" for card in DECK]
)


def mutate(body: bytes, randomness: random.Random) -> bytes:
    """Return the body with one to four random injuries."""
    data = bytearray(body[: randomness.choice([len(body), len(body), randomness.randrange(1, len(body))])])
    for _ in range(randomness.randint(1, 4)):
        at = randomness.randrange(len(data) + 1)
        to = min(len(data), at + randomness.choice([0, 1, 1, 2, 8, 64, 512]))
        match randomness.randrange(5):
            case 0:
                data[at:to] = randomness.choice(_SPICE)
            case 1:
                data[at:at] = randomness.choice(_SPICE) * randomness.choice([1, 1, 1, 7])
            case 2:
                data[at:at] = data[at:to]
            case 3:
                del data[at:to]
            case _:
                data[at:to] = bytes(randomness.randrange(256) for _ in range(to - at))
    return bytes(data)


def outcome(card: Card, body: bytes) -> tuple[Parsed | None, str]:
    """Return what a parser made of a body, or the sentence it refused it with; any other exception is a crash."""
    try:
        return card.dataset.parse(body, card.request), ""
    except ProviderError as error:
        return None, str(error)


def is_plain(text: str) -> bool:
    """Return whether a text of a table is free of control, bidi and other invisible characters."""
    return not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in text)


def check_whole(card: Card, parsed: Parsed, body: bytes) -> int:
    """Check that every row sent is given or counted as refused, and nothing hostile got through; return the refused."""
    rejected = sum(parsed.rejected.values())
    sent = card.rows_sent(body)
    if sent is not None:
        assert parsed.table.num_rows + rejected == sent, body
    assert all(sample.isprintable() for sample in parsed.samples)
    parsed.table.validate(full=True)
    for field, column in zip(parsed.table.schema, parsed.table.columns, strict=True):
        if str(field.type) == "string":
            assert all(value is None or is_plain(value) for value in column.to_pylist()), (field.name, body)
    if "source_symbol" in parsed.table.column_names:
        assert all(parsed.table.column("source_symbol").to_pylist())
    return rejected


@every_card
def test_injured_bodies_are_refused_or_accounted_for(card: Card, record_property: pytest.Function) -> None:
    randomness = random.Random(f"{card.dataset.provider} {card.dataset.name} 2026")
    clock = SystemClock()
    refused = read = rows_rejected = 0
    for _ in range(max(MUTATIONS // len(DECK), 50)):
        body = mutate(card.small, randomness)
        started = clock.monotonic()
        parsed, said = outcome(card, body)
        assert clock.monotonic() - started < LONGEST_SECONDS, body
        if parsed is None:
            refused += 1
            assert said.isprintable()
            assert len(said) < 1500
            continue
        read += 1
        rows_rejected += check_whole(card, parsed, body)
    assert refused > 0
    assert read > 0, "every injured body was refused: the accounting was never looked at"
    record_property("bodies", refused + read)
    counted = f"{refused + read} bodies, {refused} refused, {read} read, {rows_rejected} rows rejected"
    print(f"{card.dataset.provider}.{card.dataset.name}: {counted}")  # noqa: T201


@every_card
def test_the_body_the_injuries_start_from_is_good(card: Card) -> None:
    assert len(card.small) <= MOST_BYTES
    parsed, said = outcome(card, card.small)
    assert parsed is not None, said
    assert parsed.rejected == {}
    assert card.rows_sent(card.small) in (None, parsed.table.num_rows)
    check_whole(card, parsed, card.small)
