"""Keeps keys out of everything people or files see: messages, URLs, log lines, copies of answers."""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "***"
HTTP_LOGGERS = (
    "httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks",
)  # fmt: skip
SHORTEST_SECRET = 6  # a shorter text would also mask innocent words

_NAMED = re.compile(
    r"""((?:api[-_]?key|access[-_]?token|token|secret|passw(?:or)?d|client[-_]?secret)(?:\s*=\s*|%3D|\\?["']\s*:\s*\\?["']?))"""
    r"""[^\s&"'<>\\,}]+""",
    re.IGNORECASE,
)
_ECHOED = re.compile(r"(api\s?key(?:\s+(?:as|is)|:)\s+)\S+", re.IGNORECASE)  # "detected your API key as ..." in a body
_SCHEME = re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]+", re.IGNORECASE)
_HEADER = re.compile(r"""(authorization["']?\s*[:=]\s*["']?)(?!(?:bearer|basic)\b)[^\s,"'}]+""", re.IGNORECASE)
_USERINFO = re.compile(r"(://)[^/\s@]+@")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` with every given secret, and every value that looks named as one, replaced by ``***``."""
    text = mask(text, secrets)
    for pattern in (_NAMED, _ECHOED, _SCHEME, _HEADER):
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return _USERINFO.sub(rf"\g<1>{MASK}@", text)


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every given secret replaced by ``***``, and nothing else.

    A secret such as ``Bearer abc`` is also masked as ``abc``, and each however it is escaped: in a URL (any letter
    percent-encoded or not, once or several times), in JSON, as Python prints it.
    """
    for secret in sorted(set(_plain(secrets)), key=len, reverse=True):
        text = re.sub("".join(_spellings(letter) for letter in secret), MASK, text)
    return text


def holds_secret(data: bytes, secrets: Iterable[str]) -> bool:
    """Return whether a secret stands in ``data``, as it is or in one of the usual escapes; quick on large bodies."""
    return any(form.encode() in data for secret in set(_plain(secrets)) for form in _forms(secret))


def _plain(secrets: Iterable[str]) -> Iterator[str]:
    for secret in secrets:
        yield from (text for text in (secret, secret.rpartition(" ")[2]) if len(text) >= SHORTEST_SECRET)


def _forms(secret: str) -> set[str]:
    quoted = {quote(secret, safe=""), quote_plus(secret), quote(quote(secret, safe=""), safe="")}
    written = {repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("/", "\\/")}
    return {secret, *quoted, *(re.sub("%..", lambda found: found[0].lower(), text) for text in quoted), *written}


def _spellings(letter: str) -> str:
    """Return a pattern for one letter however it may be escaped."""
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
    ways = [re.escape(letter), f"(?i:{percent})", rf"(?i:\\u{ord(letter):04x})", rf"(?i:\\x{ord(letter):02x})"]
    if letter == " ":
        ways.append(r"\+")
    if not letter.isalnum():
        ways += [rf"\\{re.escape(letter)}", re.escape(repr(letter)[1:-1])]
    return f"(?:{'|'.join(ways)})"


class RedactingFilter(logging.Filter):
    """Rewrites a log record without its secrets (httpx writes whole URLs at level INFO)."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.secrets = frozenset(secrets)

    def __repr__(self) -> str:
        """Return the filter without what it hides."""
        return f"RedactingFilter({len(self.secrets)} secrets)"

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub the record in place and let it pass."""
        record.msg = scrub(record.getMessage(), self.secrets)
        record.args = None
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info), self.secrets)
            record.exc_info = None
        return True


def redact_logs(
    secrets: Iterable[str] = (), loggers: Iterable[str] = HTTP_LOGGERS, *, with_handlers: bool = True
) -> None:
    """Make the HTTP libraries' loggers, and with ``with_handlers`` the root logger's handlers, scrub what they write.

    Call it again when a key is added or a handler is: the new filter knows what the earlier one did, and replaces it.
    """
    hidden = frozenset(secrets)
    handlers = logging.getLogger().handlers if with_handlers else []
    for filterer in [*map(logging.getLogger, loggers), *handlers]:
        earlier = [known for known in filterer.filters if isinstance(known, RedactingFilter)]
        filterer.addFilter(RedactingFilter(hidden.union(*(known.secrets for known in earlier))))
        for known in earlier:
            filterer.removeFilter(known)
