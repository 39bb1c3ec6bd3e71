"""Outcomes of securities whose symbol another one took: known only where the whole window lies before that day."""

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import numpy as np

from amc_assets.evaluation.labels import Label, LabelSet
from amc_assets.features.identity_spans import ENDED


def known_before_end(labels: LabelSet, entry_lag_sessions: int = 1) -> LabelSet:
    """Return the labels with every window that reaches the end of a security unknown.

    Such a security's name in ``symbols`` is ``SYMBOL~YYYYMMDD`` (features.identity). Its bars stop on that day because
    the symbol is another company's from then on, not because it stopped trading: what it did next is not known.
    """
    ends = _end_rows(labels)
    if not ends:
        return labels
    changed = {name: _cut(label, ends, entry_lag_sessions) for name, label in labels.labels.items()}
    return LabelSet(labels.trade_dates, labels.symbols, MappingProxyType(changed))


def _end_rows(labels: LabelSet) -> dict[int, int]:
    """Return by column of an ended security the row of the first session at or after its end."""
    found = {}
    for column, name in enumerate(labels.symbols.tolist()):
        _, is_ended, text = name.partition(ENDED)
        if is_ended:
            end = datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
            found[column] = int(np.searchsorted(np.array(labels.trade_dates, "datetime64[D]"), np.datetime64(end)))
    return found


def _cut(label: Label, ends: dict[int, int], entry_lag_sessions: int) -> Label:
    known = label.known.copy()
    for column, end in ends.items():
        known[max(end - entry_lag_sessions - label.horizon_sessions + 1, 0) :, column] = False
    return replace(label, known=known, hit=label.hit & known)
