"""Keeps keys out of everything people or files see: messages, URLs, log lines."""

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
HTTP_LOGGERS = ("httpx", "httpcore.http11", "httpcore.connection")
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
    """Return ``text`` with every given secret, and every value that looks named as one, replaced by ``***``.

    A secret such as ``Bearer abc`` is also masked as ``abc``, and each as it stands in a URL.
    """
    for secret in sorted({form for whole in secrets for form in _forms(whole)}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    for pattern in (_NAMED, _ECHOED, _SCHEME, _HEADER):
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return _USERINFO.sub(rf"\g<1>{MASK}@", text)


def _forms(secret: str) -> set[str]:
    plain = {secret, secret.rpartition(" ")[2]}
    forms = plain | {quote(text, safe="") for text in plain} | {quote_plus(text) for text in plain}
    forms |= {repr(text)[1:-1] for text in plain}
    return {form for form in forms if len(form) >= SHORTEST_SECRET}


class RedactingFilter(logging.Filter):
    """Rewrites a log record without its secrets (httpx writes whole URLs at level INFO)."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub the record in place and let it pass."""
        record.msg = scrub(record.getMessage(), self._secrets)
        record.args = None
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info), self._secrets)
            record.exc_info = None
        return True


def redact_logs(secrets: Iterable[str] = (), loggers: Iterable[str] = HTTP_LOGGERS) -> None:
    """Make the HTTP libraries' loggers, and the root logger's handlers, scrub what they write.

    Call it again when a key is added or a handler is; the filter of the earlier call is replaced.
    """
    redacting = RedactingFilter(secrets)
    for filterer in [*map(logging.getLogger, loggers), *logging.getLogger().handlers]:
        for earlier in [known for known in filterer.filters if isinstance(known, RedactingFilter)]:
            filterer.removeFilter(earlier)
        filterer.addFilter(redacting)
