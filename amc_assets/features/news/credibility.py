"""How far each source of news is believed: a table (sources.toml), looked up once per distinct source."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from amc_assets.features.news.vocabulary import read_vocabulary
from amc_assets.features.snapshot import F64


class Credibility:
    """The table of sources, read once per object."""

    def __init__(self) -> None:
        """Read sources.toml."""
        raw: dict[str, Any] = read_vocabulary("sources")
        self._publishers = [
            (re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE), float(value))
            for name, value in raw["publishers"]["order"]
        ]
        self._unknown = float(raw["publishers"]["unknown"])
        self._feeds: dict[str, float] = raw["feeds"]
        self.independent_sources = int(raw["confirmation"]["independent_sources"])
        self.bonus_factor = float(raw["confirmation"]["bonus_factor"])
        self.highest_confidence = float(raw["confirmation"]["highest_confidence"])

    def of(self, publisher: str, feed: str) -> float:
        """Return 0..1 for one source: by publisher, by feed where the item names none, else that of the unknown."""
        if not publisher.strip():
            return self._feeds.get(feed, self._unknown)
        for pattern, value in self._publishers:
            if pattern.search(publisher[:200]):
                return value
        return self._unknown

    def of_many(self, publishers: Sequence[str], feeds: Sequence[str]) -> F64:
        """Return the credibility of every item, F64 (n,)."""
        pairs = list(zip(publishers, feeds, strict=True))
        known = {pair: self.of(*pair) for pair in set(pairs)}
        return np.array([known[pair] for pair in pairs], np.float64)
