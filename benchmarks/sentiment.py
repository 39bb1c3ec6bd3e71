"""Measure headline direction on a labelled file beside stock TextBlob, VADER (when installed) and the majority class.

``python -m benchmarks.sentiment FILE [all|open|held-out]``: FILE is a PhraseBank text (``sentence@positive``) or a CSV
whose columns are called text or headline and label or sentiment. Labelled sets are for measuring only and are not part
of the project. A headline is held out by the hash of its text, so that what was looked at while tuning stays known.
"""

import csv
import hashlib
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from amc_assets.features.news.sentiment import DirectionReader, stock_polarity
from amc_assets.features.snapshot import F64

CLASSES = ("negative", "neutral", "positive")
NAMES = {"0": "negative", "1": "positive", "2": "neutral", "bearish": "negative", "bullish": "positive"}
DEAD_BAND = 0.05
"""VADER's own limit of neutral, used for all; the numbers 0, 1, 2 are those of the financial tweets."""


def read_labelled(path: Path) -> tuple[list[str], list[str]]:
    """Return texts and labels of a file; rows of another label are left out."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if path.suffix == ".txt":
        pairs = [tuple(line.rsplit("@", 1)) for line in text.splitlines() if "@" in line]
    else:
        rows = list(csv.DictReader(text.splitlines()))
        wanted = [next(n for n in rows[0] if n in names) for names in ({"text", "headline"}, {"label", "sentiment"})]
        pairs = [(row[wanted[0]], row[wanted[1]]) for row in rows]
    named = [(text, NAMES.get(label.strip().lower(), label.strip().lower())) for text, label in pairs]
    known = [(text, label) for text, label in dict(named).items() if label in CLASSES]
    return [text for text, _ in known], [label for _, label in known]


def is_held_out(text: str) -> bool:
    """Whether a headline belongs to the half that is never looked at."""
    return hashlib.sha256(text.encode()).digest()[0] >= 128


def classify(scores: F64) -> np.ndarray[Any, Any]:
    """Return class numbers 0, 1, 2 of scores in -1..1."""
    return np.where(scores > DEAD_BAND, 2, np.where(scores < -DEAD_BAND, 0, 1))


def quality(found: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> dict[str, float]:
    """Return accuracy, macro F1, share of non-neutral headlines that got a direction, share of those that is right."""
    f1 = []
    for number in range(3):
        hits = int(np.count_nonzero((found == number) & (truth == number)))
        total = int(np.count_nonzero(found == number)) + int(np.count_nonzero(truth == number))
        f1.append(2 * hits / total if total else 0.0)
    moving, spoken = truth != 1, (truth != 1) & (found != 1)
    return {
        "accuracy": round(float(np.mean(found == truth)), 3),
        "macro_f1": round(float(np.mean(f1)), 3),
        "coverage": round(float(spoken.sum()) / max(1, int(moving.sum())), 3),
        "sign_right": round(float(np.mean(found[spoken] == truth[spoken])) if spoken.any() else 0.0, 3),
    }


def vader() -> Callable[[list[str]], F64] | None:
    """Return VADER's scorer, or None where the package is not installed (it is no dependency)."""
    try:
        analyzer = import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    except ImportError:
        return None
    return lambda texts: np.array([analyzer.polarity_scores(text)["compound"] for text in texts])


def measure(texts: list[str], labels: list[str]) -> dict[str, Any]:
    """Return the table of one set: each reader's quality and CPU microseconds a headline."""
    truth = np.array([CLASSES.index(label) for label in labels])
    counts = np.bincount(truth, minlength=3)
    reader = DirectionReader()
    readers: dict[str, Callable[[list[str]], F64]] = {"direction": reader.direction, "textblob": stock_polarity}
    if scorer := vader():
        readers["vader"] = scorer
    report: dict[str, Any] = {"n": len(texts), "majority_class": round(float(counts.max() / len(texts)), 3)}
    for name, read in readers.items():
        read(texts[:1])
        started = process_time()
        scores = read(texts)
        spent = process_time() - started
        report[name] = quality(classify(scores), truth) | {"us_per_headline": round(spent / len(texts) * 1e6, 1)}
    return report


def main(arguments: list[str]) -> int:
    """Measure the file named; print JSON."""
    if not arguments:
        print(__doc__)
        return 2
    part = arguments[1] if len(arguments) > 1 else "all"
    texts, labels = read_labelled(Path(arguments[0]))
    kept = [i for i, text in enumerate(texts) if part == "all" or is_held_out(text) == (part == "held-out")]
    report = measure([texts[i] for i in kept], [labels[i] for i in kept])
    print(json.dumps({"file": Path(arguments[0]).name, "part": part, **report}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
