"""What an answer is, and the bounded memory of encoded bodies. The names of datasets are in ``datasets.py``."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from amc_assets.replay.datasets import Dataset

__all__ = ["HTML_HEADERS", "JSON_HEADERS", "Answer", "BodyCache", "Dataset"]

JSON_HEADERS = {"Content-Type": "application/json"}
HTML_HEADERS = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Answer:
    """Status, body and headers of one answer; ``modified_at`` is when its content became public, None if unknown."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON_HEADERS))
    modified_at: datetime | None = None


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
