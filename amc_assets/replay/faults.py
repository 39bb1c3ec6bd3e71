"""What goes wrong on request: a seeded plan of faults per dataset, path and date, which counts what it injected.

A decision depends on the seed, the rule, the path and how often that path was asked, never on the order in which
threads arrive: the same run of requests meets the same faults.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from threading import Lock

from amc_assets.replay.answers import Answer

INTERSTITIAL = (
    b"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>\n"
)
WRONG_CONTENT = b'{"status":"OK","message":"Welcome to the API"}'


class FaultKind(StrEnum):
    """What a rule does to an answer."""

    STATUS = "status"
    RESET = "reset"
    TRUNCATE = "truncate"
    SHORTEN = "shorten"
    LATENCY = "latency"
    HTML = "html"
    WRONG_CONTENT = "wrong_content"


@dataclass(frozen=True)
class FaultRule:
    """One fault and when it strikes.

    ``dataset`` is a name of ``answers.Dataset`` (None: any). ``path_pattern`` is a regular expression searched in path
    and query, so it can name a date (``2021-01-27`` or ``20210127``). ``probability`` is 0-1 per request;
    ``first_requests`` limits the rule to the first n requests of each path, ``max_count`` to n injections in all.
    TRUNCATE closes the connection in mid-body; SHORTEN sends ``keep_frac`` of the body as if it were whole.
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

    def __post_init__(self) -> None:
        """Refuse numbers outside their range, which would make a rule that never or always strikes."""
        if not 0 <= self.probability <= 1 or not 0 <= self.keep_frac < 1:
            raise ValueError(f"probability must be in [0, 1] and keep_frac in [0, 1): {self}")
        if self.kind is FaultKind.LATENCY and self.latency_seconds <= 0:
            raise ValueError("a latency rule needs latency_seconds above 0")

    def matches(self, dataset: str, path: str) -> bool:
        """Return whether the rule is about this dataset and path."""
        if self.dataset is not None and self.dataset != dataset:
            return False
        return self.path_pattern is None or re.search(self.path_pattern, path) is not None


@dataclass(frozen=True)
class Delivery:
    """How the server sends an answer: after a wait, whole or cut off, or not at all."""

    answer: Answer
    wait_seconds: float = 0.0
    is_reset: bool = False
    cut_after_bytes: int | None = None


class FaultPlan:
    """A list of rules with a seed; ``injected`` counts the faults by kind, ``injected_by_dataset`` by both."""

    def __init__(self, rules: Sequence[FaultRule] = (), *, seed: int = 0) -> None:
        self._rules = tuple(rules)
        self._seed = seed
        self._lock = Lock()
        self._asked: Counter[tuple[int, str]] = Counter()
        self._struck: Counter[int] = Counter()
        self._injected: Counter[tuple[str, str]] = Counter()

    @property
    def injected(self) -> Counter[str]:
        """Number of faults injected so far, by kind."""
        with self._lock:
            counts: Counter[str] = Counter()
            for (_, kind), count in self._injected.items():
                counts[kind] += count
            return counts

    @property
    def injected_by_dataset(self) -> Counter[tuple[str, str]]:
        """Number of faults injected so far, by (dataset, kind)."""
        with self._lock:
            return Counter(self._injected)

    def deliver(self, dataset: str, path: str, answer: Callable[[], Answer]) -> Delivery:
        """Return how to send the answer to ``path``; latency combines with any one other fault."""
        delivery: Delivery | None = None
        wait_seconds = 0.0
        for number, rule in enumerate(self._rules):
            if rule.kind is not FaultKind.LATENCY and delivery is not None:
                continue
            if not self._strikes(number, rule, dataset, path):
                continue
            if rule.kind is FaultKind.LATENCY:
                wait_seconds += rule.latency_seconds
            else:
                delivery = _broken(rule, answer)
        return replace(delivery or Delivery(answer()), wait_seconds=wait_seconds)

    def _strikes(self, number: int, rule: FaultRule, dataset: str, path: str) -> bool:
        if not rule.matches(dataset, path):
            return False
        with self._lock:
            self._asked[number, path] += 1
            asked = self._asked[number, path]
            if rule.first_requests is not None and asked > rule.first_requests:
                return False
            if rule.max_count is not None and self._struck[number] >= rule.max_count:
                return False
            draw = random.Random(f"{self._seed}|{number}|{path}|{asked}").random()  # noqa: S311 - repeatable by design
            if draw >= rule.probability:
                return False
            self._struck[number] += 1
            self._injected[dataset, rule.kind.value] += 1
            return True


def _broken(rule: FaultRule, answer: Callable[[], Answer]) -> Delivery:
    if rule.kind is FaultKind.RESET:
        return Delivery(Answer(200, b""), is_reset=True)
    if rule.kind is FaultKind.HTML:
        return Delivery(Answer(200, INTERSTITIAL, {"Content-Type": "text/html; charset=utf-8"}))
    if rule.kind is FaultKind.WRONG_CONTENT:
        return Delivery(Answer(200, WRONG_CONTENT))
    if rule.kind is FaultKind.STATUS:
        headers = {} if rule.retry_after_seconds is None else {"Retry-After": f"{rule.retry_after_seconds:g}"}
        body = f'{{"status":"ERROR","error":"{HTTPStatus(rule.status).phrase}"}}'.encode()
        return Delivery(Answer(rule.status, body, {"Content-Type": "application/json"} | headers))
    whole = answer()
    kept = int(len(whole.body) * rule.keep_frac)
    if rule.kind is FaultKind.SHORTEN:
        return Delivery(replace(whole, body=whole.body[:kept]))
    return Delivery(whole, cut_after_bytes=kept)
