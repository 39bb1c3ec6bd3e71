"""The last line of defence: no secret and no unstorable character reaches a table."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.store.scrub import MASK, dump_json, mask_secrets, safe_text

KEYS = st.text(string.ascii_letters + string.digits + "-_.~+/", min_size=8, max_size=40)
SHAPES = [
    "https://host/query?function=X&apikey={key}&symbol=GME",
    "https://host/v2/aggs?apiKey={key}",
    "https://host/?url=https%3A%2F%2Fother%2F%3Fapi_key%3D{key}",
    "GET /x?token={key} failed",
    "auth_token = {key}, retrying",
    'body: {{"api-key": "{key}", "limit": 5}}',
    "params {{'access_token': '{key}'}}",
    '"{{\\"password\\":\\"{key}\\"}}"',
    "Authorization: Bearer {key}",
    "authorization: bearer {key}\n",
]


@pytest.mark.parametrize("shape", SHAPES)
@given(key=KEYS)
def test_a_key_is_masked_in_every_shape(shape: str, key: str) -> None:
    masked = mask_secrets(shape.format(key=f"K3Y{key}"))
    assert f"K3Y{key}" not in masked
    assert MASK in masked
    assert mask_secrets(masked) == masked


@given(text=st.text(), limit=st.integers(1, 300), key=KEYS, before=st.integers(0, 300))
def test_a_cut_never_bares_a_key(text: str, limit: int, key: str, before: int) -> None:
    safe = safe_text("." * before + "?apikey=K3Y" + key + "&" + text, limit)
    assert len(safe) <= limit
    assert "K3Y" not in safe.split("&")[0]
    assert "\x00" not in safe
    safe.encode()


@pytest.mark.parametrize(
    "text",
    ["JSON: unexpected token: } at 7", "keyless plan", "tokens per minute 5", "relvol_30 >= 2.5", '{"monkey": 1}'],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert mask_secrets(text) == text


def test_json_stays_json_when_a_key_is_masked() -> None:
    value = {"source": "https://host/?apikey=hunter2", "token": "hunter2", "inner": '{"secret": "hunter2"}', "n": 0.1}
    decoded = json.loads(dump_json(value))
    assert "hunter2" not in json.dumps(decoded)
    assert decoded["n"] == 0.1
    assert set(decoded) == set(value)
