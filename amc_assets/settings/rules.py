"""Forms of values: each rule takes what the environment said and returns it, or says what is wrong.

A rule's sentence completes "<VARIABLE>: ..." and never repeats the value, which may be a secret.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from amc_assets.settings.about import Kind
from amc_assets.settings.names import KNOWN_STRATEGIES

_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _flag(value: object) -> object:
    if isinstance(value, str):
        if value.lower() not in _WORDS:
            raise ValueError("must be true or false (also 1, 0, yes, no)")
        return _WORDS[value.lower()]
    return value


def _divides_hour(value: int) -> int:
    # Cron's */7 restarts at every full hour: the last gap would be 4 minutes.
    if 60 % value:
        raise ValueError("must divide 60 (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60)")
    return value


def _plain(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must hold printable characters only")
    return value


def _http_address(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must hold no query and no fragment")
    return value.rstrip("/")


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(_plain(value))
        _ = parts.port
    except ValueError:
        # Without `from None` the parser's own text would repeat the value.
        raise ValueError("must be a well-formed address") from None
    if " " in value:
        raise ValueError("must hold no spaces")
    return parts


def _api_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be printable ASCII without spaces")
    if text.startswith("your_"):
        raise ValueError("is still the sample of the brief")
    return value


def _webhook(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    parts = _split(text)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise ValueError("must be an https:// address (http:// only to this machine)")
    if parts.path.strip("/") == "your/webhook/url":
        raise ValueError("is still the sample of the brief")
    return value


def _fernet_keys(value: SecretStr) -> SecretStr:
    for key in value.get_secret_value().split(","):
        try:
            size = len(base64.b64decode(key.strip(), altchars=b"-_", validate=True))
        except (binascii.Error, ValueError):
            size = 0
        if size != 32:
            raise ValueError("must be Fernet keys (32 bytes in url-safe base64), comma separated, newest first")
    return value


def _contact(value: str) -> str:
    # It goes into a User-Agent header: a line break would let it add headers.
    if not value.isascii() or not _plain(value):
        raise ValueError("must be printable ASCII")
    if not re.search(r"[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+", value):
        raise ValueError("must hold an e-mail or web address")
    return value


def _folder(value: Path) -> Path:
    if not str(value).isprintable():
        raise ValueError("must be a path of printable characters")
    return value


def _key_prefix(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)*", value):
        raise ValueError("must be words of letters, digits, _ and - joined by ':'")
    return value


def _channel(value: str) -> str:
    if not re.fullmatch(r"#?[\w.-]{1,80}", value):
        raise ValueError("must be a channel name such as #alerts")
    return value


def _refuse_constant(_text: str) -> NoReturn:
    raise ValueError("must hold finite weights")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("must name each strategy once")
    return dict(pairs)


def _traffic_split(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"must be JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("must be JSON of one level") from None
    if not isinstance(decoded, dict) or not decoded:
        raise ValueError('must be a JSON object such as {"legacy_v0": 20, "unified_detectors": 80}')
    return decoded


def _known_weights(value: Mapping[str, float]) -> Mapping[str, float]:
    unknown = sorted(set(value) - set(KNOWN_STRATEGIES))
    if unknown:
        raise ValueError(f"must name known strategies only ({', '.join(KNOWN_STRATEGIES)})")
    if not math.isclose(total := math.fsum(value.values()), 100.0, abs_tol=1e-9):
        raise ValueError(f"must have weights that sum to 100, they sum to {total:g}")
    return value


Flag = Annotated[bool, BeforeValidator(_flag), Kind("true or false")]
Address = Annotated[str, AfterValidator(_http_address), Kind("an http:// or https:// address")]
ApiKey = Annotated[SecretStr, Field(max_length=512), AfterValidator(_api_key), Kind("a key")]
Webhook = Annotated[SecretStr, AfterValidator(_webhook), Kind("an https:// address")]
FernetKeys = Annotated[SecretStr, AfterValidator(_fernet_keys), Kind("Fernet keys, newest first")]
Contact = Annotated[str, Field(max_length=200), AfterValidator(_contact), Kind("an e-mail or web address")]
Folder = Annotated[Path, AfterValidator(_folder), Kind("a folder")]
KeyPrefix = Annotated[str, Field(max_length=100), AfterValidator(_key_prefix), Kind("a key prefix")]
Channel = Annotated[str, AfterValidator(_channel), Kind("a channel name")]
Minutes = Annotated[int, Field(ge=1, le=60), AfterValidator(_divides_hour), Kind("a whole number that divides 60,")]
Weight = Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False)]
TrafficSplit = Annotated[
    Mapping[str, Weight],
    BeforeValidator(_traffic_split),
    AfterValidator(_known_weights),
    Kind("a JSON object of strategy to weight, summing to 100"),
]
