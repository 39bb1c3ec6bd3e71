"""Plots of volatility as images inside Markdown: term structures of a day, the history of one name."""

import base64
import json
from datetime import date, timedelta

from amc_assets.features.options.plots import term_structure_plot, volatility_history_plot
from amc_assets.lake.tables import IV_30D
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.workspace import Workspace

MOST_NAMES = 6
HISTORY_DAYS = 380


def term_plot(workspace: Workspace, last: Ingested) -> str:
    """Return the term structures of the day's first names; empty when no name has two expiries."""
    rows = workspace.lake.current(IV_30D, last.partition).to_pylist()
    curves = {row["symbol"]: json.loads(row["term"]) for row in rows}
    shown = {symbol: curve for symbol, curve in sorted(curves.items()) if len(curve) > 1}
    names = list(shown)[:MOST_NAMES]
    if not names:
        return ""
    title = f"Implied volatility by days to expiry, {last.partition}"
    return _image("term structure", term_structure_plot({name: shown[name] for name in names}, title))


def history_plot(workspace: Workspace, last: Ingested) -> str:
    """Return the history of the 30-day volatility of the day's name with the most sessions; empty without any."""
    day = date.fromisoformat(last.partition)
    rows = workspace.recent.between(IV_30D, day - timedelta(days=HISTORY_DAYS), day, end_of_day_as_of(day))
    series: dict[str, list[tuple[date, float]]] = {}
    for row in rows.select(["symbol", "trade_date", "iv_30d_frac"]).to_pylist():
        if row["iv_30d_frac"] is not None:
            series.setdefault(row["symbol"], []).append((row["trade_date"], row["iv_30d_frac"]))
    today = [symbol for symbol, points in series.items() if points[-1][0] == day and len(points) > 1]
    if not today:
        return ""
    symbol = min(today, key=lambda name: (-len(series[name]), name))
    days, volatilities = zip(*series[symbol], strict=True)
    png = volatility_history_plot(days, volatilities, f"{symbol}: implied volatility of 30 days")
    return _image("volatility history", png)


def _image(title: str, png: bytes) -> str:
    return f"![{title}](data:image/png;base64,{base64.b64encode(png).decode('ascii')})"
