"""Reading recorded option chains: JSON snapshots with quotes, and end-of-day files of an older archive without.

Nothing is filled in: what a file leaves out is NaN. A snapshot belongs to the session whose close it shows; one taken
while the market was open shows no close and is left out.
"""

import csv
import gzip
import io
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from amc_assets.market.calendar import (
    MarketSession,
    close_at,
    exchange_date,
    previous_session,
    session_of,
    session_on_or_before,
)
from amc_assets.replay.market import ChainOfDay, FloatArray, text_array

_STAMP = re.compile(r'"updated"\s*:\s*"([^"]+)"')
_ARCHIVE_NAME = re.compile(r"lean_universe_([a-z]+)_(\d{8})\.csv\.gz")
_HEAD_BYTES = 512


def index_of(folder: Path) -> dict[tuple[str, date], Path]:
    """Return the file of each (symbol, session) in the options folder; of two snapshots the later one."""
    stamps: dict[tuple[str, date], datetime] = {}
    found: dict[tuple[str, date], Path] = {}
    for path in sorted(folder.glob("*/*.json.gz")):
        taken_at = _taken_at(path)
        if taken_at is None or session_of(taken_at).session is MarketSession.REGULAR:
            continue
        key = (path.name.split("_")[0].split(".")[0], _session_of_close(taken_at))
        if key not in stamps or stamps[key] < taken_at:
            stamps[key], found[key] = taken_at, path
    for path in sorted(folder.glob("lean_universe_*.csv.gz")):
        match = _ARCHIVE_NAME.fullmatch(path.name)
        if match:
            found[match[1].upper(), date.fromisoformat(match[2])] = path
    return found


def read_chain(path: Path) -> ChainOfDay:
    """Return the chain of one recorded file."""
    body = gzip.decompress(path.read_bytes())
    return _snapshot(body) if path.name.endswith(".json.gz") else _archived(path, body)


def _taken_at(path: Path) -> datetime | None:
    with gzip.open(path, "rb") as file:
        match = _STAMP.search(file.read(_HEAD_BYTES).decode("utf-8", "replace"))
    return None if match is None else datetime.fromisoformat(match[1])


def _session_of_close(taken_at: datetime) -> date:
    """Return the newest session that was closed at ``taken_at``."""
    session = session_on_or_before(exchange_date(taken_at))
    return session if close_at(session) <= taken_at else previous_session(session)


def _snapshot(body: bytes) -> ChainOfDay:
    recorded: Any = msgspec.json.decode(body)
    rows = recorded["quotes"]
    return ChainOfDay(
        symbol=recorded["symbol"],
        underlying_usd=round(recorded["underlyingPrice"], 4),  # was stored in single precision
        contract_symbols=text_array([row["symbol"] for row in rows]),
        expiration_dates=np.array([row["expiration"] for row in rows], dtype="datetime64[D]"),
        strike_usd=_numbers(rows, "strike"),
        is_call=np.array([row["side"] == "call" for row in rows], dtype=np.bool_),
        bid_usd=_numbers(rows, "bid"),
        ask_usd=_numbers(rows, "ask"),
        last_usd=_numbers(rows, "last"),
        volume_contracts=_numbers(rows, "volume"),
        open_interest_contracts=_numbers(rows, "openInterest"),
        iv_frac=_numbers(rows, "iv"),
        delta=_numbers(rows, "delta"),
        gamma=_numbers(rows, "gamma"),
    )


def _archived(path: Path, body: bytes) -> ChainOfDay:
    """Return an archive file: its first row is the underlying; prices are middles of quotes unless there was volume."""
    symbol = path.name.split("_")[2].upper()
    text = body.decode("ascii").lstrip("#")
    underlying, *rows = csv.DictReader(io.StringIO(text))
    for row in rows:
        root = f"{symbol}{row['expiry'][2:]}{row['right']}{round(float(row['strike']) * 1000):08d}"
        row["symbol"] = root  # the archive names no contracts; this is how the exchanges spell them
        row["last"] = row["close"] if float(row["volume"] or 0) > 0 else ""
        if float(row["implied_volatility"] or 0) == 0:
            row["implied_volatility"] = row["delta"] = row["gamma"] = ""  # zeros stand for "not computed"
    nothing = np.full(len(rows), np.nan)
    expirations = [date.fromisoformat(row["expiry"]) for row in rows]
    return ChainOfDay(
        symbol=symbol,
        underlying_usd=float(underlying["close"]),
        contract_symbols=text_array([row["symbol"] for row in rows]),
        expiration_dates=np.array(expirations, dtype="datetime64[D]"),
        strike_usd=_numbers(rows, "strike"),
        is_call=np.array([row["right"] == "C" for row in rows], dtype=np.bool_),
        bid_usd=nothing,
        ask_usd=nothing,
        last_usd=_numbers(rows, "last"),
        volume_contracts=_numbers(rows, "volume"),
        open_interest_contracts=_numbers(rows, "open_interest"),
        iv_frac=_numbers(rows, "implied_volatility"),
        delta=_numbers(rows, "delta"),
        gamma=_numbers(rows, "gamma"),
    )


def _numbers(rows: list[dict[str, Any]], name: str) -> FloatArray:
    return np.array([np.nan if row[name] in (None, "") else float(row[name]) for row in rows], dtype=np.float64)
