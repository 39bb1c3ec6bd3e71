"""The checks of a contract card: one function per id of ``card.CHECKS``, each fails when the contract is broken."""

import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import httpx
import pytest

from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Parsed
from amc_assets_tests.providers.cards.card import BASE, Body, Card, Status
from amc_assets_tests.providers.roads import QUICK, Road, in_turn, open_road

CUT_EVERY_BYTES = 7


def road_of(card: Card, folder: Path, *answers: httpx.Response | Exception) -> Road:
    """Return a road on which the provider of the card gives these answers."""
    return open_road(folder, in_turn(*answers), {card.request.provider: QUICK})


def parse(card: Card, body: bytes) -> Parsed:
    """Parse a body as the product does."""
    return card.dataset.parse(body, card.request)


def expect(card: Card, body: Body) -> None:
    """Check that a body becomes exactly what the card says."""
    if body.error is None:
        parsed = parse(card, body.body)
        assert (parsed.table.num_rows, dict(parsed.rejected)) == (body.rows, dict(body.rejected))
        parsed.table.validate(full=True)
        return
    with pytest.raises(ProviderError) as caught:
        parse(card, body.body)
    assert type(caught.value) is body.error, caught.value
    assert caught.value.provider == card.request.provider


def refused(card: Card, folder: Path, status: Status) -> None:
    """Check that an answer that is not 2xx becomes exactly the error the card says, and shows no key."""
    road = road_of(card, folder, httpx.Response(status.status, content=status.body, headers=dict(status.headers)))
    with pytest.raises(ProviderError) as caught:
        road.transport.fetch(card.request, card.dataset.parse, card.read_refusal)
    assert type(caught.value) is status.error, caught.value
    assert road.audit.calls
    assert road.audit.calls[-1].status_code == status.status


def request_shape(card: Card, folder: Path) -> None:
    """Check method, address and the place of the key."""
    road = road_of(card, folder, httpx.Response(200, content=card.good.body))
    road.transport.fetch(card.request, card.dataset.parse, card.read_refusal)
    sent = road.asked[0]
    hidden = [urlencode([pair]) for pair in card.request.secret_params.items()]
    address = str(sent.url).removeprefix(BASE)
    for pair in hidden:
        address = address.replace(f"&{pair}", "").replace(f"?{pair}", "")
    assert (sent.method, address) == card.sent
    for name, value in card.request.secrets.items():
        assert sent.headers[name] == value
        assert value not in str(sent.url)
    assert bool(card.request.hidden) == card.dataset.needs_key


def good(card: Card, folder: Path) -> None:
    """Check rows, declared columns, their types, and that the keys name a row."""
    expect(card, card.good)
    table = parse(card, card.good.body).table
    assert table.num_rows >= 1
    assert table.column_names == [name for name, _ in card.dataset.columns]
    for name in table.column_names:
        assert str(table.schema.field(name).type) == type_of(name), name
    rows = [tuple(row[key] for key in card.keys) for row in table.select(list(card.keys)).to_pylist()]
    assert len(set(rows)) == len(rows)
    assert not any(value is None for row in rows for value in row)


def empty(card: Card, folder: Path) -> None:
    """Check that nothing is an empty table with every column, or the refusal the card names."""
    assert card.empty is not None
    expect(card, card.empty)
    if card.empty.error is None:
        table = parse(card, card.empty.body).table
        assert table.num_rows == 0
        assert table.column_names == [name for name, _ in card.dataset.columns]


def not_found(card: Card, folder: Path) -> None:
    """Check what the provider says of a name or day it does not have."""
    assert card.not_found is not None
    if isinstance(card.not_found, Body):
        expect(card, card.not_found)
    else:
        refused(card, folder, card.not_found)


def truncated(card: Card, folder: Path) -> None:
    """Check that no cut of a body passes for the whole one, unless the card says why it cannot be told."""
    whole = parse(card, card.small).table
    rows = set(map(str, whole.to_pylist()))
    body = card.small.rstrip()
    refusals = 0
    for cut in range(1, len(body) - 1, CUT_EVERY_BYTES):
        try:
            table = parse(card, body[:cut]).table
        except ProviderError:
            refusals += 1
            continue
        if table.num_rows != whole.num_rows:
            assert card.truncation_hides, (cut, body[max(0, cut - 60) : cut])
            # the row of the cut itself may be refused; what is given must be rows that were sent
            assert set(map(str, table.to_pylist())) <= rows, body[max(0, cut - 60) : cut]
    assert refusals > 0, "no cut was refused: the check looked at nothing"


def unsorted(card: Card, folder: Path) -> None:
    """Check that the order of rows does not matter."""
    assert card.unsorted is not None
    assert card.unsorted.body != card.good.body
    expect(card, card.unsorted)
    again = sorted(map(str, parse(card, card.unsorted.body).table.to_pylist()))
    assert again == sorted(map(str, parse(card, card.good.body).table.to_pylist()))


def key_in_no_output(card: Card, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Check that no error, audit row, log line or traceback shows a key, however the call fails."""
    assert card.request.hidden
    keys = {form for key in card.request.hidden for form in (key, key.split()[-1], quote(key), quote_plus(key))}
    echo = f"your key {' '.join(sorted(keys))} is not welcome".encode()
    failures: list[httpx.Response | Exception] = [
        httpx.Response(401, content=echo), httpx.Response(403, content=echo), httpx.Response(500, content=echo),
        httpx.Response(302, headers={"Location": f"{BASE}/?apikey={quote(card.request.hidden[0])}"}),
        httpx.Response(200, content=echo), httpx.ConnectError(echo.decode()), httpx.ReadTimeout(echo.decode()),
    ]  # fmt: skip
    shown = [repr(card.request), str(card.request)]
    for number, failure in enumerate(failures):
        road = road_of(card, folder / str(number), failure)
        with pytest.raises(ProviderError) as caught:
            road.transport.fetch(card.request, card.dataset.parse, card.read_refusal)
        shown += [*traceback.format_exception(caught.value), repr(caught.value), repr(road.audit)]
    text = "\n".join([*shown, caplog.text])
    assert not [key for key in keys if key in text]


def type_of(name: str) -> str:
    """Return the Arrow type that a column's name promises."""
    if name.endswith("_date"):
        return "date32[day]"
    if name.endswith("_at"):
        return "timestamp[us, tz=UTC]"
    if name.startswith("is_"):
        return "bool"
    numbers = ("_usd", "_shares", "_frac", "_pct", "_contracts", "_days", "_seconds", "_count", "_reported", "ratio")
    vendor = ("vendor_delta", "vendor_gamma", "vendor_sentiment")
    return "double" if name.endswith(numbers) or name in vendor else "string"


SIMPLE: dict[str, Callable[[Card, Path], None]] = {
    "request_shape": request_shape, "good": good, "empty": empty, "not_found": not_found, "truncated": truncated,
    "unsorted": unsorted,
}  # fmt: skip
BODIES: dict[str, Callable[[Card], dict[str, Body]]] = {
    "error_in_200": lambda card: dict(card.error_in_200),
    "duplicated": lambda card: dict(card.duplicated),
    "wrong_column": lambda card: dict(card.wrong_column),
    "not_a_number": lambda card: dict(card.not_a_number),
}
STATUSES = ("401", "403", "429")


def answered(card: Card) -> set[str]:
    """Return the ids of the checks that a card brings something for."""
    found = {"request_shape", "good", "truncated"}
    found |= {name for name, given in (("empty", card.empty), ("not_found", card.not_found)) if given is not None}
    found |= {"unsorted"} if card.unsorted is not None else set()
    found |= {name for name, bodies in BODIES.items() if bodies(card)}
    found |= set(STATUSES) & set(card.statuses)
    return found | ({"key_in_no_output"} if card.request.hidden else set())
