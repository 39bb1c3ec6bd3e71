"""JSON that is not, or barely is: what every JSON dataset does with the cases of RFC 8259's grey and black zones.

The cases follow the categories of the JSON Parsing Test Suite (must accept, must refuse, either), written here anew and
planted where a provider's value stands.
"""

import json
import random
import re

import pytest

from amc_assets.providers.errors import ProviderError
from amc_assets_tests.providers.cards.card import Card
from amc_assets_tests.providers.cards.deck import DECK
from amc_assets_tests.providers.test_mutations import check_whole

MUST_REFUSE = {
    "NaN": b"NaN", "Infinity": b"Infinity", "-Infinity": b"-Infinity", "plus": b"+1", "leading zero": b"012",
    "leading point": b".5", "trailing point": b"1.", "bare exponent": b"1e", "hex": b"0x1F", "two minus": b"--1",
    "space in number": b"1 2", "single quotes": b"'a'", "no quotes": b"abc", "unclosed string": b'"abc',
    "newline in string": b'"a\nb"', "tab in string": b'"a\tb"', "NUL in string": b'"a\x00b"', "bad escape": b'"\\x41"',
    "short unicode escape": b'"\\u12"', "trailing comma array": b"[1,]", "trailing comma object": b'{"a":1,}',
    "double comma": b"[1,,2]", "comma first": b"[,1]", "colon missing": b'{"a" 1}', "key not text": b"{1:1}",
    "comment": b"/* c */1", "line comment": b"1//c\n", "true in capitals": b"True", "nul": b"nul",
    "unclosed array": b"[1",
    "unclosed object": b'{"a":1', "mismatch": b"[1}",     "form feed": b"\x0c1", "nbsp": b"\xc2\xa01",
    "deep": b"[" * 100_000, "empty": b"",
}  # fmt: skip
# a parser may skip the text of a field it does not read without decoding it: bytes that are no UTF-8 stand here
EITHER = {
    "invalid utf-8": b'"\xff"', "overlong utf-8": b'"\xc0\xaf"', "cut utf-8": b'"\xe2\x82"',
    "surrogate bytes": b'"\xed\xa0\x80"',
    "huge number": b"1e999", "huge integer": b"1" * 400, "tiny": b"1e-999", "minus zero": b"-0",
    "lone surrogate": b'"\\ud800"',
    "swapped pair": b'"\\udc00\\ud800"', "noncharacter": b'"\\uffff"', "escaped NUL": b'"\\u0000"',
    "bidi": b'"\\u202e"',
    "object": b'{"a":1}', "array": b"[1]", "true": b"true", "null": b"null", "long text": b'"' + b"a" * 100_000 + b'"',
    "deep object": b'{"a":' * 400 + b"1" + b"}" * 400, "duplicate keys": b'{"a":1,"a":2}',
    "escapes": b'"\\b\\f\\/\\u00e9"',
    "empty text": b'""', "emoji": '"🚀"'.encode(), "exponent": b"1E+2", "number with zeros": b"1.000000",
}  # fmt: skip
_NO_CONSTANTS: dict[str, float] = {}
JSON_DECK = [card for card in DECK if card.small.lstrip()[:1] in (b"{", b"[")]
every_card = pytest.mark.parametrize(
    "card", JSON_DECK, ids=[f"{card.dataset.provider}.{card.dataset.name}" for card in JSON_DECK]
)


def values_of(body: bytes) -> list[bytes]:
    """Return the texts of up to forty scalar values of a JSON body, as they stand in it."""
    found: list[bytes] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, str | float | int):
            found.append(json.dumps(value, ensure_ascii=False).encode())

    walk(json.loads(body))
    present = [
        text for text in dict.fromkeys(found) if b": " + text in body or b":" + text in body or b"[" + text in body
    ]
    return random.Random(7).sample(present, min(40, len(present)))


def planted(body: bytes, value: bytes, odd: bytes) -> bytes:
    """Return the body with one whole value replaced by an odd one."""
    found = re.search(rb"(?<=[:\[,\s])" + re.escape(value) + rb"(?=\s*[,}\]])", body)
    assert found, f"{value!r} is not in the body"
    return body[: found.start()] + odd + body[found.end() :]


def test_there_are_json_datasets_of_every_json_provider() -> None:
    assert {card.dataset.provider for card in JSON_DECK} >= {"finra", "polygon", "alpha_vantage", "sec", "nasdaq"}


@every_card
@pytest.mark.parametrize("odd", MUST_REFUSE.values(), ids=MUST_REFUSE)
def test_what_is_not_json_is_refused_whole(card: Card, odd: bytes) -> None:
    for value in values_of(card.small)[:8]:
        body = planted(card.small, value, odd)
        if is_json(body):  # nothing in the place of the only entry of a list: one odd row of a whole body
            check_whole(card, card.dataset.parse(body, card.request), body)
            continue
        with pytest.raises(ProviderError):
            card.dataset.parse(body, card.request)


def is_json(body: bytes) -> bool:
    """Return whether a strict reader takes a body; Python's own takes NaN and Infinity, which are no JSON."""
    try:
        json.loads(body, parse_constant=_NO_CONSTANTS.__getitem__)
    except (ValueError, KeyError, RecursionError):
        return False
    return True


@every_card
@pytest.mark.parametrize("odd", EITHER.values(), ids=EITHER)
def test_what_is_odd_json_is_refused_or_accounted_for(card: Card, odd: bytes) -> None:
    for value in values_of(card.small):
        body = planted(card.small, value, odd)
        try:
            parsed = card.dataset.parse(body, card.request)
        except ProviderError:
            continue
        check_whole(card, parsed, body)


@every_card
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_other_encodings_are_refused_or_read_alike(card: Card, encoding: str) -> None:
    body = card.small.decode().encode(encoding, "replace")
    whole = card.dataset.parse(card.small, card.request).table
    try:
        parsed = card.dataset.parse(body, card.request)
    except ProviderError:
        return
    assert parsed.table.num_rows + sum(parsed.rejected.values()) == whole.num_rows
