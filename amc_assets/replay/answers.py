"""What an answer is, which datasets there are, and the bounded memory of encoded bodies."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

JSON_HEADERS = {"Content-Type": "application/json"}


class Dataset(StrEnum):
    """Name under which requests are counted and fault rules are written."""

    SHORT_VOLUME = "short_volume"
    SHORT_INTEREST = "short_interest"
    SHORT_INTEREST_FILE = "short_interest_file"
    SETTLEMENTS = "settlements"
    DAILY_BARS = "daily_bars"
    SPLITS = "splits"
    TICKERS = "tickers"
    FLOATS = "floats"
    DIRECTORY = "directory"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """Status, body and headers of one answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON_HEADERS))


class BodyCache:
    """The most recently used encoded bodies, bounded in bytes; threads may share it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bodies: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size_bytes = 0
        self._lock = Lock()

    @property
    def size_bytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return self._size_bytes

    def get(self, key: Hashable, encode: Callable[[], bytes]) -> bytes:
        """Return the body of ``key``, encoding it on first use; two threads may both encode it, to the same bytes."""
        with self._lock:
            body = self._bodies.get(key)
            if body is not None:
                self._bodies.move_to_end(key)
                return body
        body = encode()
        with self._lock:
            if key not in self._bodies and len(body) <= self._max_bytes:
                self._bodies[key] = body
                self._size_bytes += len(body)
            while self._size_bytes > self._max_bytes:
                _, dropped = self._bodies.popitem(last=False)
                self._size_bytes -= len(dropped)
        return body
