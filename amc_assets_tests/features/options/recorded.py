"""Recorded chains as tables of OPTION_CHAINS, with the session their quotes belong to."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from amc_assets.lake.tables import OPTION_CHAINS
from amc_assets.market.calendar import session_on_or_before

CHAINS = "options/optionsdesk_chain_20260712"
BAC = "options/optionsdesk_BAC_snapshots"


def body(path: Path) -> dict[str, Any]:
    return json.loads(gzip.decompress(path.read_bytes()))


def fetched_at(recorded: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(recorded["updated"]).astimezone(UTC)


def quote_session(recorded: dict[str, Any]) -> date:
    """Return the session whose quotes a file holds: the newest that had opened (13:30 UTC in summer) when fetched."""
    at = fetched_at(recorded)
    day = at.date() if at.hour * 60 + at.minute >= 13 * 60 + 30 else date.fromordinal(at.toordinal() - 1)
    return session_on_or_before(day)


def chain(recorded: dict[str, Any], day: date | None = None) -> pa.Table:
    """Return one recorded file as rows of the lake, dated ``day`` (its own session unless given)."""
    day = day or quote_session(recorded)
    at = fetched_at(recorded)
    rows = [
        {
            "trade_date": day, "symbol": recorded["symbol"], "contract_symbol": q["symbol"],
            "expiration_date": date.fromisoformat(q["expiration"]), "strike_usd": q["strike"],
            "is_call": q["side"] == "call", "bid_usd": q["bid"], "ask_usd": q["ask"], "last_usd": q["last"],
            "volume_contracts": q["volume"], "open_interest_contracts": q["openInterest"], "vendor_iv_frac": q["iv"],
            "vendor_delta": q["delta"], "vendor_gamma": q["gamma"], "multiplier_shares": None,
            "underlying_usd": recorded["underlyingPrice"], "quoted_at": None, "source": "recorded.option_chain",
            "known_at": at, "is_simulated": False,
        }
        for q in recorded["quotes"]
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=OPTION_CHAINS.arrow)


def all_chains(shared_data: Path) -> pa.Table:
    """Return the fifteen chains of one weekend as one table of their session, 2026-07-10."""
    return pa.concat_tables([chain(body(path)) for path in sorted((shared_data / CHAINS).glob("*.json.gz"))])
