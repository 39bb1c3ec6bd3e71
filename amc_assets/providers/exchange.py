"""What goes out and what comes back: a Request, and a Parsed table with its rejected rows counted.

A parser is a pure function ``(body: bytes, request: Request) -> Parsed``. It keeps each source's own spelling of a
ticker in ``source_symbol``; the ingest step maps it through the symbol master.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import pyarrow as pa

from amc_assets.providers.errors import ProviderError


@dataclass(frozen=True)
class Request:
    """One HTTP call.

    ``secrets`` are sent like ``headers``, ``secret_params`` like ``params``; neither is ever printed, logged or stored.
    A copy of the answer not older than ``fresh_seconds`` is used without asking; one not older than ``usable_seconds``
    stands in when asking fails for a transient reason. 0 means never. ``is_part`` marks one call of several that make
    an answer together (a later page, one market, one expiry).
    """

    provider: str
    dataset: str
    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json_body: Mapping[str, object] | None = None
    for_date: date | None = None
    max_bytes: int = 64 * 1024 * 1024
    fresh_seconds: float = 0.0
    usable_seconds: float = 0.0
    is_part: bool = False

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every value that must never be shown: of secret headers and secret parameters."""
        return (*self.secrets.values(), *self.secret_params.values())

    @property
    def endpoint(self) -> str:
        """Path without host, query or key: what the audit row names."""
        return self.url.split("://", 1)[-1].partition("/")[2].partition("?")[0]


@dataclass(frozen=True)
class Parsed:
    """Rows of one dataset in wire terms, and what was refused: reason -> count, with a few samples to look at.

    ``refused_symbols`` (the source's spelling) name the rows that came and could not be used, ``refused_unnamed``
    counts those of which nobody can tell whose they are. The source did not withdraw such rows. Of datasets with
    several rows a symbol (splits), ``refused_days`` names those of which the day is known too, in place of the symbol.
    """

    table: pa.Table
    rejected: Mapping[str, int] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    refused_symbols: frozenset[str] = frozenset()
    refused_unnamed: int = 0
    refused_days: frozenset[tuple[str, date]] = frozenset()


@dataclass(frozen=True)
class Fetched:
    """A parsed answer and when it arrived (the injected clock's UTC instant); header names are lower-case.

    ``is_cached`` marks a copy; its ``fetched_at`` is the instant of the original.
    """

    parsed: Parsed
    fetched_at: datetime
    source: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cached: bool = False


Parser = Callable[[bytes, Request], Parsed]


@dataclass(frozen=True)
class Refusal:
    """An answer that is not 2xx: what a provider's own reading of it is given."""

    status: int
    headers: Mapping[str, str]
    body: bytes


RefusalReader = Callable[[Refusal, Request], ProviderError | None]
"""A provider's own meaning of a refusal; None leaves it to the general table of ``answers.py``."""
