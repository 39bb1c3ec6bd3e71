"""A fault and when it strikes, and how one is written in a line of text."""

import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from amc_assets.replay.datasets import PROVIDER_OF, Dataset

_INTEGERS = frozenset({"first_requests", "max_count", "status"})
_NUMBERS = frozenset({"probability", "retry_after_seconds", "latency_seconds", "keep_frac", "factor"})


class FaultKind(StrEnum):
    """What a rule does to an answer."""

    STATUS = "status"
    RESET = "reset"
    TRUNCATE = "truncate"
    SHORTEN = "shorten"
    LATENCY = "latency"
    HTML = "html"
    WRONG_CONTENT = "wrong_content"
    WRONG_TYPE = "wrong_type"
    GZIP_BOMB = "gzip_bomb"
    ENDLESS = "endless"
    STALE = "stale"
    DUPLICATE_ROWS = "duplicate_rows"
    UNSORTED_ROWS = "unsorted_rows"
    QUOTA = "quota"
    FEW_ROWS = "few_rows"
    SCALE = "scale"
    REPEAT = "repeat"


@dataclass(frozen=True)
class FaultRule:
    """One fault and when it strikes.

    ``provider`` and ``dataset`` are names of ``datasets`` (None: any). ``path_pattern`` is a regular expression
    searched in path and query, so it can name a date (``2021-01-27`` or ``20210127``). ``probability`` is 0-1 per
    request; ``first_requests`` limits the rule to the first n requests of each path, ``max_count`` to n injections in
    all. TRUNCATE closes the connection in mid-body; SHORTEN sends ``keep_frac`` of the body as if it were whole.
    STALE, DUPLICATE_ROWS and UNSORTED_ROWS strike only where there is a day to go back to, or rows to touch. FEW_ROWS
    keeps ``keep_frac`` of the rows with counts that fit, SCALE multiplies ``columns`` (names with + between) by
    ``factor``, REPEAT sends the day before under today's date.
    """

    kind: FaultKind
    dataset: str | None = None
    path_pattern: str | None = None
    probability: float = 1.0
    first_requests: int | None = None
    max_count: int | None = None
    status: int = 503
    retry_after_seconds: float | None = None
    latency_seconds: float = 0.0
    keep_frac: float = 0.5
    provider: str | None = None
    columns: str = ""
    factor: float = 1.0

    def __post_init__(self) -> None:
        """Refuse numbers outside their range, which would make a rule that never or always strikes."""
        if not 0 <= self.probability <= 1 or not 0 <= self.keep_frac < 1:
            raise ValueError(f"probability must be in [0, 1] and keep_frac in [0, 1): {self}")
        if self.kind is FaultKind.LATENCY and self.latency_seconds <= 0:
            raise ValueError("a latency rule needs latency_seconds above 0")
        if self.kind is FaultKind.SCALE and not self.columns:
            raise ValueError("a scale rule needs columns, as in columns=c+vw,factor=100")
        if not 400 <= self.status <= 599:
            raise ValueError(f"status must be 400 to 599, not {self.status}: a fault is a refusal")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the rule that ``text`` writes: ``provider=finra,kind=status,status=503,probability=0.3``.

        Raises ValueError that names the part that is wrong and what may stand there.
        """
        values: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, found, value = (piece.strip() for piece in part.partition("="))
            if not found or not value:
                raise ValueError(f"fault {text!r}: {part!r} is not name=value, as in kind=status")
            if name in values:
                raise ValueError(f"fault {text!r}: {name} is given twice")
            values[name] = _value(text, name, value)
        if "kind" not in values:
            raise ValueError(f"fault {text!r}: kind is missing; one of {_listed(FaultKind)}")
        return cls(**values)

    def matches(self, dataset: str, path: str) -> bool:
        """Return whether the rule is about this dataset and path."""
        if self.dataset is not None and self.dataset != dataset:
            return False
        if self.provider is not None and self.provider != provider_of(dataset):
            return False
        return self.path_pattern is None or re.search(self.path_pattern, path) is not None


def provider_of(dataset: str) -> str:
    """Return the provider of a dataset's name; ``unknown`` for a name that is none."""
    return PROVIDER_OF[Dataset(dataset)] if dataset in set(Dataset) else "unknown"


def _value(text: str, name: str, value: str) -> Any:
    if name not in {field.name for field in fields(FaultRule)}:
        names = ", ".join(field.name for field in fields(FaultRule))
        raise ValueError(f"fault {text!r}: {name} is not known; use {names}")
    providers = sorted(set(PROVIDER_OF.values()))
    choices: dict[str, list[str]] = {"kind": list(FaultKind), "dataset": list(Dataset), "provider": providers}
    if name in choices and value not in choices[name]:
        raise ValueError(f"fault {text!r}: {name} {value!r} is not known; one of {_listed(choices[name])}")
    if name == "kind":
        return FaultKind(value)
    if name in _INTEGERS | _NUMBERS:
        return _number(text, name, value)
    if name == "path_pattern":
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"fault {text!r}: path_pattern is no regular expression: {error}") from None
    return value


def _number(text: str, name: str, value: str) -> int | float:
    try:
        return int(value) if name in _INTEGERS else float(value)
    except ValueError:
        kind = "a whole number" if name in _INTEGERS else "a number"
        raise ValueError(f"fault {text!r}: {name} must be {kind}, not {value!r}") from None


def _listed(names: Any) -> str:
    return ", ".join(str(name) for name in names)
