"""A snapshot as rows of FEATURE_SNAPSHOT and back, with an equal content hash.

Texts are dictionary-encoded: 8,000 symbols x 45 features repeat a few dozen words 360,000 times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.registry import SPECS
from amc_assets.features.snapshot import Feature, InputAge, Provenance, Snapshot
from amc_assets.lake.arrow_types import INSTANT
from amc_assets.lake.tables import FEATURE_SNAPSHOT
from amc_assets.reasons import CODES, Reason

_PROVENANCES = tuple(p.name.lower() for p in Provenance)


@dataclass(frozen=True)
class SnapshotHead:
    """What the rows do not carry: the run, its inputs, and the source of each feature by name."""

    trade_date: date
    session: str
    as_of: datetime
    is_simulated: bool
    inputs: tuple[InputAge, ...]
    universe_count: int
    sources: Mapping[str, str]


def head_of(snapshot: Snapshot) -> SnapshotHead:
    """Return the head that ``from_table`` needs beside the rows."""
    return SnapshotHead(
        trade_date=snapshot.trade_date,
        session=snapshot.session,
        as_of=snapshot.as_of,
        is_simulated=snapshot.is_simulated,
        inputs=snapshot.inputs,
        universe_count=snapshot.universe_count,
        sources={name: feature.source for name, feature in snapshot.features.items()},
    )


def to_table(snapshot: Snapshot, discovery_run_id: str) -> pa.Table:
    """Return the snapshot in long form, columns of FEATURE_SNAPSHOT, feature by feature, symbols ascending in each."""
    names = sorted(snapshot.features)
    features = [snapshot.features[name] for name in names]
    count, rows = len(snapshot.symbols), len(snapshot.symbols) * len(names)
    values = _joined([f.values for f in features], np.float64)
    missing = ~np.isfinite(values)
    known_at = _joined([f.known_at.astype("datetime64[us]") for f in features], "datetime64[us]").view(np.int64)
    columns = {
        "discovery_run_id": _constant(discovery_run_id, rows),
        "session": _constant(snapshot.session, rows),
        "as_of": pa.array(np.full(rows, np.datetime64(snapshot.as_of.replace(tzinfo=None), "us")), INSTANT),
        "symbol": _coded(np.tile(np.arange(count), len(names)), snapshot.symbols.tolist()),
        "feature": _coded(np.repeat(np.arange(len(names)), count), names),
        "value": pa.array(values, pa.float64(), mask=missing),
        "known_at": pa.array(known_at, pa.int64(), mask=missing).cast(INSTANT),
        "provenance": _coded(_joined([f.provenance for f in features], np.uint8), _PROVENANCES),
        "reason": _coded(_joined([f.reasons for f in features], np.uint8), [r.value for r in CODES]),
        "source_confidence": pa.array(
            _joined([f.source_confidence for f in features], np.float64), pa.float64(), mask=missing
        ),
        "freshness": pa.array(_joined([f.freshness for f in features], np.float64), pa.float64(), mask=missing),
        "is_simulated": pa.array(np.full(rows, snapshot.is_simulated)),
    }
    return pa.table({name: columns[name] for name in FEATURE_SNAPSHOT.arrow.names})


def from_table(table: pa.Table, head: SnapshotHead) -> Snapshot:
    """Return the snapshot of one run from its rows, in any order of rows; its content hash is the stored one's.

    Raises FeatureInputError unless every feature has exactly one row per symbol.
    """
    symbols, symbol_at = _codes(table["symbol"])
    names, feature_at = _codes(table["feature"])
    shape = (len(names), len(symbols))
    cell = feature_at * len(symbols) + symbol_at
    if table.num_rows != shape[0] * shape[1] or (np.bincount(cell, minlength=table.num_rows) != 1).any():
        raise FeatureInputError(
            f"{table.num_rows} rows are not {shape[0]} features x {shape[1]} symbols once each: pass one run"
        )
    order = np.empty(table.num_rows, np.intp)
    order[cell] = np.arange(table.num_rows)
    provenance, provenance_at = _codes(table["provenance"])
    reason, reason_at = _codes(table["reason"])
    columns = {
        "values": _floats(table["value"], np.nan),
        "known_at": table["known_at"].cast(INSTANT).cast(pa.int64()).fill_null(_NAT).to_numpy().view("datetime64[us]"),
        "provenance": np.array([_PROVENANCES.index(p) for p in provenance.tolist()], np.uint8)[provenance_at],
        "reasons": np.array([CODES.index(Reason(r)) for r in reason.tolist()], np.uint8)[reason_at],
        "source_confidence": _floats(table["source_confidence"], 0.0),
        "freshness": _floats(table["freshness"], 0.0),
    }
    grids = {key: column[order].reshape(shape) for key, column in columns.items()}
    features = {
        name: Feature(name, SPECS[name].unit, head.sources.get(name, ""), **{k: g[row] for k, g in grids.items()})
        for row, name in enumerate(names.tolist())
    }
    return Snapshot(
        trade_date=head.trade_date,
        session=head.session,
        as_of=head.as_of,
        is_simulated=head.is_simulated,
        symbols=symbols,
        features=features,
        inputs=head.inputs,
        universe_count=head.universe_count,
    )


_NAT = int(np.iinfo(np.int64).min)


def _joined(arrays: Sequence[NDArray[np.generic]], dtype: str | type) -> NDArray[np.generic]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype)


def _constant(text: str, rows: int) -> pa.DictionaryArray:
    return _coded(np.zeros(rows, np.int32), [text])


def _coded(codes: NDArray[np.generic], words: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(list(words), pa.string()))


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.str_], NDArray[np.intp]]:
    """Distinct words of a text column, ascending, and the position of each row's word among them."""
    array = column.combine_chunks()
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    words = np.array(coded.dictionary.to_pylist(), dtype=np.str_)
    used = np.unique(coded.indices.to_numpy())
    ascending = used[np.argsort(words[used])] if used.size else used
    position = np.zeros(len(words), np.intp)
    position[ascending] = np.arange(len(ascending))
    return words[ascending], position[coded.indices.to_numpy()]


def _floats(column: pa.ChunkedArray, missing: float) -> NDArray[np.float64]:
    return np.asarray(column.cast(pa.float64()).fill_null(missing).to_numpy(), np.float64)
