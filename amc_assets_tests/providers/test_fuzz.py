"""Mutated bodies, seeded: no parser ever crashes, hangs, loses a row in silence or lets a control character through."""

import json
import os
import random

import pytest

from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Parsed
from amc_assets_tests.providers.bodies import CASES, Case

MUTATIONS = int(os.environ.get("AMC_FUZZ_BODIES", "6000"))
MOST_BYTES = 4096
LONG_ROWS_MOST_BYTES = (
    8192  # a position in JSON has 290 bytes: less than 21 rows would never keep a body with one bad row
)
_SPICE = [
    b"", b"|", b"||", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b'"', b"'", b",", b"-", b".", b"e9",
    b"0x1", b"NaN", b"Infinity", b"-1", b"1e400", b"999999999999999999999", b"null", b"true", b"[]", b"{}", b"]", b"}",
    b'{"a":1}', b"<html>", b"NA", b"20261120", b"2026-10-30", b"\xc3\xbc", b"\xe2\x80\xae", b"0", b" ", b"\t",
    b"\x1b[31m", b"\\u0000", b"[" * 3000, b"File Creation Time: 1120202621:30",
]  # fmt: skip


def most_bytes(case: Case) -> int:
    """Return the size the bodies of a dataset are cut to."""
    return LONG_ROWS_MOST_BYTES if case.dataset.name == "short_interest" else MOST_BYTES


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


def rows_sent(case: Case, body: bytes) -> int | None:
    """Return how many rows a body held, counted without the parser; None where nothing tells."""
    text = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    data = text.partition(b"\n")[2]
    if case.dataset.name == "short_interest_file":
        return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    if case.dataset.name in ("daily_short_volume", "symbol_directory"):
        return data.rstrip().count(b"\n")
    if case.dataset.name == "short_interest_settlements":
        return None  # a set of dates: equal ones are one
    decoded = json.loads(body.decode("utf-8", "surrogateescape") or "[]", strict=False)
    return len(decoded if isinstance(decoded, list) else decoded.get("results") or [])


def outcome(case: Case, body: bytes) -> tuple[Parsed | None, str]:
    """Return what a parser made of a body, or the sentence it refused it with; any other exception is a crash."""
    try:
        return case.dataset.parse(body, case.request), ""
    except ProviderError as error:
        return None, str(error)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_injured_bodies_are_refused_or_accounted_for(case: Case, record_property) -> None:
    randomness = random.Random(f"{case.dataset.name} 2026")
    small = case.body if len(case.body) <= most_bytes(case) else _shortened(case)
    refused = read = rows_rejected = 0
    for _ in range(MUTATIONS // len(CASES)):
        body = mutate(small, randomness)
        parsed, said = outcome(case, body)
        if parsed is None:
            refused += 1
            assert said.isprintable()
            assert len(said) < 1000
            continue
        read += 1
        rejected = sum(parsed.rejected.values())
        rows_rejected += rejected
        sent = rows_sent(case, body)
        if sent is not None:
            assert parsed.table.num_rows + rejected == sent, body
        assert all(sample.isprintable() for sample in parsed.samples)
        if "source_symbol" in parsed.table.column_names:
            assert all(symbol and symbol.isprintable() for symbol in parsed.table.column("source_symbol").to_pylist())
        parsed.table.validate(full=True)
    assert refused > 0
    assert read > 0, "every injured body was refused: the accounting was never looked at"
    record_property("bodies", refused + read)
    counted = f"{refused + read} bodies, {refused} refused, {read} read, {rows_rejected} rows rejected"
    print(f"{case.dataset.name}: {counted}")  # noqa: T201


def _shortened(case: Case) -> bytes:
    """Return a whole body of fewer rows: an injury elsewhere must not be hidden by the cut at 4 kB."""
    body = case.body
    if case.dataset.name == "short_interest":
        return b"[" + b"}, ".join(body[1:-1].split(b"}, ")[:24]) + b"}]"
    if case.dataset.name == "short_interest_file":
        return b"\n".join(body.splitlines()[:36]) + b"\n"
    if case.dataset.name == "symbol_directory":
        lines = body.splitlines()
        return b"\n".join([*lines[:50], lines[-1]])
    head, _, rest = body.partition(b'"results": [')
    rows = rest.split(b"}, ")[:25]
    counts = head.replace(b'"resultsCount": 60', b'"resultsCount": 25')
    tail = rest[rest.rindex(b"]") :].replace(b'"resultsCount": 60', b'"resultsCount": 25')
    return counts + b'"results": [' + b"}, ".join(rows) + b"}" + tail


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_body_the_injuries_start_from_is_good(case: Case) -> None:
    small = case.body if len(case.body) <= most_bytes(case) else _shortened(case)
    assert len(small) <= most_bytes(case)
    parsed = case.dataset.parse(small, case.request)
    assert parsed.rejected == {}
    assert parsed.table.num_rows >= 21
