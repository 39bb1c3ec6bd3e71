"""Pictures for the Dagster UI: one PNG per run, drawn with matplotlib without a display or global state."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOP = 15
DPI = 80


def score_plot(
    symbols: NDArray[np.str_],
    score: NDArray[np.float64],
    confidence: NDArray[np.float64],
    passed: NDArray[np.bool_],
    order: NDArray[np.int64],
    title: str,
) -> bytes:
    """Return a PNG (bytes, under 60 kB): all scored names as score against confidence beside the first fifteen ranked.

    symbols, score, confidence, passed: (N,) in one order; order: row numbers, best first.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - 0.5 s, only when drawn
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9.0, 4.2), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    cloud, bars = figure.subplots(1, 2, width_ratios=(3, 2))
    _cloud(cloud, score[order], confidence[order], passed[order])
    _bars(bars, symbols[order[:TOP]].tolist(), score[order[:TOP]].tolist(), passed[order[:TOP]].tolist())
    figure.suptitle(title, fontsize=10)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _cloud(axes: Any, score: NDArray[np.float64], confidence: NDArray[np.float64], passed: NDArray[np.bool_]) -> None:
    axes.scatter(score[~passed], confidence[~passed], s=4, color="#9aa5b1", label="failed a hard gate", linewidths=0)
    axes.scatter(score[passed], confidence[passed], s=16, color="#c2410c", label="passed every hard gate", linewidths=0)
    axes.axvline(0.70, color="#334155", linewidth=0.8, linestyle="--")
    axes.set(xlabel="score (watchlist from 0.70)", ylabel="confidence", xlim=(0, 1), ylim=(0, 1))
    axes.legend(fontsize=7, loc="upper left", frameon=False)


def _bars(axes: Any, symbols: list[str], score: list[float], passed: list[bool]) -> None:
    places = range(len(symbols))
    axes.barh(places, score, color=["#c2410c" if ok else "#9aa5b1" for ok in passed])
    axes.set_yticks(places, [f"{place + 1}  {symbol}" for place, symbol in enumerate(symbols)], fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="score of the first ranked", xlim=(0, 1))
