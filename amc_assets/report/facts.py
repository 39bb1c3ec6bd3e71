"""The numbers a trader asks for first, taken from the run's own snapshot or from a name's components and gates."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from amc_assets.features.snapshot import Provenance, Snapshot
from amc_assets.reasons import CODES, Reason
from amc_assets.report.data import Fact, MissingCount
from amc_assets.report.screen import Name

HEADLINE_FEATURES = ("close_usd", "relvol_30", "short_interest_float_frac", "days_to_cover", "float_shares")


def facts_of_snapshot(
    snapshot: Snapshot, wanted: Sequence[str], features: Sequence[str] = HEADLINE_FEATURES
) -> Mapping[str, Mapping[str, Fact]]:
    """Return the headline numbers of the wanted symbols, each a value or missing with its reason.

    A symbol that is not in the snapshot is left out.
    """
    place = {symbol: row for row, symbol in enumerate(snapshot.symbols.tolist())}
    found: dict[str, dict[str, Fact]] = {symbol: {} for symbol in wanted if symbol in place}
    for name in features:
        feature = snapshot.feature(name)
        for symbol, facts in found.items():
            row = place[symbol]
            value = float(feature.values[row])
            facts[name] = Fact(
                value if np.isfinite(value) else None,
                CODES[int(feature.reasons[row])],
                is_biased=int(feature.provenance[row]) == Provenance.BIASED,
            )
    return found


def missing_counts(snapshot: Snapshot) -> tuple[MissingCount, ...]:
    """Return how many names lack each feature and why, most first."""
    counts: list[MissingCount] = []
    for name, feature in snapshot.features.items():
        codes, numbers = np.unique(feature.reasons[~feature.present], return_counts=True)
        found = zip(codes.tolist(), numbers.tolist(), strict=True)
        counts += [MissingCount(name, CODES[number], count) for number, count in found]
    return tuple(sorted(counts, key=lambda one: (-one.count, one.feature, one.reason)))


def fact(name: Name, feature: str, facts: Mapping[str, Fact]) -> Fact:
    """Return the feature's value from ``facts``, else from the first component, term or gate of that name.

    Missing as NOT_FETCHED when the run's output holds it nowhere: the page then says so instead of leaving a blank.
    """
    if feature in facts:
        return facts[feature]
    return next(_in_explanation(name, feature), Fact(None, Reason.NOT_FETCHED))


def _in_explanation(name: Name, feature: str) -> Iterator[Fact]:
    for detector in name.detectors:
        for component in detector.components:
            parts = [(component.name, component.value, component.reason)]
            parts += [(term.feature, term.value, term.reason) for term in component.terms]
            for label, value, reason in parts:
                if label == feature:
                    yield _fact(value, reason)
    for gate in name.gates:
        if gate.name == feature:
            yield _fact(gate.value, gate.reason)


def _fact(value: object, reason: str | None) -> Fact:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fact(float(value))
    known = [one for one in Reason if one == reason]
    return Fact(None, known[0] if known else Reason.INPUT_MISSING)
