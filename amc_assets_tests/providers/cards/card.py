"""What a contract card is: one dataset, real-shaped bodies, and what each must become."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from amc_assets.providers.dataset import Dataset
from amc_assets.providers.errors import MalformedBody, ProviderError
from amc_assets.providers.exchange import RefusalReader, Request

BASE = "https://provider.test"
CHECKS = (
    "request_shape", "good", "empty", "not_found", "401", "403", "429", "error_in_200", "truncated", "duplicated",
    "unsorted", "wrong_column", "not_a_number", "key_in_no_output",
)  # fmt: skip


@dataclass(frozen=True)
class Body:
    """One 2xx body and what must come of it: ``rows`` and ``rejected`` counts, or ``error``."""

    body: bytes
    rows: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    error: type[ProviderError] | None = None


@dataclass(frozen=True)
class Status:
    """One answer that is not 2xx and the exact class of error it must become."""

    status: int
    error: type[ProviderError]
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """The contract of one dataset; a check that makes no sense for it is named in ``not_applicable`` with the reason.

    ``request`` is built by the product against ``BASE``; ``sent`` is (method, path and query) as it must go out.
    ``small`` is a whole body of at most 4 kB (8 kB where rows are long) that mutation starts from; ``rows_sent`` counts
    the rows of an injured body without the parser (None where nothing tells). ``keys`` are the columns that name a row.
    """

    dataset: Dataset
    request: Request
    sent: tuple[str, str]
    good: Body
    keys: tuple[str, ...]
    small: bytes
    rows_sent: Callable[[bytes], int | None]
    empty: Body | None = None
    not_found: Status | Body | None = None
    statuses: Mapping[str, Status] = field(default_factory=dict)
    error_in_200: Mapping[str, Body] = field(default_factory=dict)
    duplicated: Mapping[str, Body] = field(default_factory=dict)
    unsorted: Body | None = None
    wrong_column: Mapping[str, Body] = field(default_factory=dict)
    not_a_number: Mapping[str, Body] = field(default_factory=dict)
    truncation_hides: str = ""  # why a shortened body can look whole; then it must at least hold no invented row
    read_refusal: RefusalReader | None = None
    not_applicable: Mapping[str, str] = field(default_factory=dict)


REFUSED = MalformedBody  # the usual fate of a body that is not what the provider documents
