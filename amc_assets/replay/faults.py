"""What goes wrong on request: a seeded plan of faults which counts what it injected.

A decision depends on the seed, the rule, the path and how often that path was asked, never on the order in which
threads arrive: the same run of requests meets the same faults.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

from amc_assets.replay.answers import Answer
from amc_assets.replay.fault_effects import Asked, Delivery, broken
from amc_assets.replay.fault_rule import FaultKind, FaultRule

__all__ = ["Delivery", "FaultKind", "FaultPlan", "FaultRule"]


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

    def deliver(
        self,
        dataset: str,
        path: str,
        answer: Callable[[], Answer],
        stale: Callable[[], Answer | None] = lambda: None,
    ) -> Delivery:
        """Return how to send the answer to ``path``; latency combines with any one other fault.

        ``stale`` gives yesterday's answer to the same question, None where there is none. A fault that cannot touch
        the answer does not count as injected.
        """
        asked = Asked(dataset, path, answer, stale)
        delivery: Delivery | None = None
        wait_seconds = 0.0
        for number, rule in enumerate(self._rules):
            if rule.kind is not FaultKind.LATENCY and delivery is not None:
                continue
            if not self._strikes(number, rule, dataset, path):
                continue
            if rule.kind is FaultKind.LATENCY:
                wait_seconds += rule.latency_seconds
                continue
            delivery = broken(rule, asked)
            if delivery is None:
                self._missed(number, rule, dataset)
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

    def _missed(self, number: int, rule: FaultRule, dataset: str) -> None:
        with self._lock:
            self._struck[number] -= 1
            self._injected -= Counter({(dataset, rule.kind.value): 1})
