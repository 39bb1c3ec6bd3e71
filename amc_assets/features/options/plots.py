"""Pictures of volatility for metadata and reports: term structures of a day and the history of one name."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

DPI = 80
MOST_LINES = 12
_INK = "#334155"
_ACCENT = "#c2410c"


def term_structure_plot(
    terms: Mapping[str, Sequence[Sequence[float]]], title: str, form: Literal["png", "svg"] = "png"
) -> bytes:
    """Return a picture (bytes) of volatility against days to expiry, one line per symbol, at most twelve.

    terms: symbol -> [[days, volatility fraction], ...], days ascending, as in the column ``term`` of iv_30d.
    """
    figure, axes = _canvas(title)
    shown = [(symbol, term) for symbol, term in terms.items() if term][:MOST_LINES]
    for symbol, term in shown:
        days, iv_frac = zip(*term, strict=True)
        axes.plot(days, [100 * iv for iv in iv_frac], marker="o", markersize=2.5, linewidth=1.0, label=symbol)
    axes.axvline(30, color=_INK, linewidth=0.8, linestyle="--")
    axes.set(xlabel="days to expiry (30 marked)", ylabel="implied volatility, % a year")
    if shown:
        axes.set_xscale("log")
        axes.legend(fontsize=7, ncols=2, frameon=False)
    return _bytes(figure, form)


def volatility_history_plot(
    days: Sequence[date],
    iv_frac: Sequence[float | None],
    title: str,
    percentile_frac: float | None = None,
    form: Literal["png", "svg"] = "png",
) -> bytes:
    """Return a picture (bytes) of one symbol's 30-day volatility over its observed sessions; gaps stay gaps.

    percentile_frac: where the last value stands, written beside it; None says that it is not known.
    """
    figure, axes = _canvas(title)
    values = [float("nan") if iv is None else 100 * iv for iv in iv_frac]
    axes.plot(list(days), values, color=_INK, linewidth=1.0, marker="o", markersize=2.0)
    if days and iv_frac[-1] is not None:
        stand = "percentile not known" if percentile_frac is None else f"percentile {100 * percentile_frac:.0f}"
        axes.plot([days[-1]], [values[-1]], color=_ACCENT, marker="o", markersize=5)
        axes.annotate(stand, (days[-1], values[-1]), textcoords="offset points", xytext=(-6, 8), ha="right", fontsize=8)
    axes.set(xlabel="session", ylabel="30-day implied volatility, % a year")
    figure.autofmt_xdate()
    return _bytes(figure, form)


def _canvas(title: str) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - 0.5 s, only when drawn
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(7.0, 3.6), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10)
    return figure, figure.subplots()


def _bytes(figure: Any, form: str) -> bytes:
    """Write the figure without date and random ids: the same data gives the same bytes."""
    from matplotlib import rc_context  # noqa: PLC0415 - as above

    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "amc"}):
        figure.savefig(buffer, format=form, metadata={"Date": None} if form == "svg" else None)
    return buffer.getvalue()
