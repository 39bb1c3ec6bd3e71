"""Direction of headlines, -1 (down) to 1 (up), read with the project's own finance lexicon.

It says which way a headline points for the share price, not whether its words are kind. 0 is a headline that was read
and points nowhere; a missing headline never comes here. Numbers measured on outside sets: docs/news.md.
"""

import math
import re
from collections.abc import Iterable, Sequence

import numpy as np

from amc_assets.features.news.lexicon import Lexicon, compile_lexicon
from amc_assets.features.snapshot import F64

_TOKEN = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
MOST_CHARACTERS = 500


class DirectionReader:
    """Reads directions; compiled once, then only look-ups."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        """Compile the shipped lexicon unless another is given."""
        self._lexicon = lexicon or compile_lexicon()

    def read(self, title: str) -> float:
        """Return the direction of one headline, -1..1; only its first 500 characters count."""
        words = _TOKEN.findall(title[:MOST_CHARACTERS].replace("\u2019", "'").lower())
        total = 0.0
        for at, strength in self._strengths(words):
            total += strength * self._turned(words, at)
        half_way = self._lexicon.half_way
        return total / math.sqrt(total * total + half_way * half_way)

    def direction(self, titles: Iterable[str]) -> F64:
        """Return the directions of many headlines, F64 (n,); equal headlines are read once."""
        read: dict[str, float] = {}
        values = []
        for title in titles:
            if title not in read:
                read[title] = self.read(title)
            values.append(read[title])
        return np.array(values, np.float64)

    def _strengths(self, words: list[str]) -> list[tuple[int, float]]:
        """The places that say something and how strongly, phrases before words."""
        lexicon, found, at = self._lexicon, [], 0
        while at < len(words):
            word = words[at]
            length, strength = self._phrase(words, at) if word in lexicon.phrases else (0, 0.0)
            if length:
                found.append((at, strength))
                at += length
                continue
            moves = lexicon.motion.get(word)
            if moves is not None:
                found.append((at, moves * self._thing(words, at)))
            elif word in lexicon.own and not self._is_moved(words, at):
                found.append((at, lexicon.own[word]))
            at += 1
        return [(place, strength) for place, strength in found if strength]

    def _phrase(self, words: list[str], at: int) -> tuple[int, float]:
        for phrase, strength in self._lexicon.phrases[words[at]]:
            if tuple(words[at : at + len(phrase)]) == phrase:
                return len(phrase), strength
        return 0, 0.0

    def _thing(self, words: list[str], at: int) -> float:
        """Return 1 or -1 for the nearest thing that moves, the one after the verb first; 1 when none is named."""
        things = self._lexicon.things
        for distance in range(1, self._lexicon.motion_reach + 1):
            for place in (at + distance, at - distance):
                if 0 <= place < len(words) and words[place] in things:
                    return things[words[place]]
        return 1.0

    def _is_moved(self, words: list[str], at: int) -> bool:
        """Whether a motion word beside it moves the word: the loss in "narrows loss" is counted with the verb."""
        if words[at] not in self._lexicon.things:
            return False
        reach = self._lexicon.motion_reach
        return any(word in self._lexicon.motion for word in words[max(0, at - reach) : at + reach + 1])

    def _turned(self, words: list[str], at: int) -> float:
        """Return what a negation or a doubt just before makes of a strength."""
        before = words[max(0, at - self._lexicon.negation_reach) : at]
        factor = 1.0
        for word in before:
            if word in self._lexicon.negations:
                factor *= self._lexicon.negation_factor
        return factor * self._lexicon.doubt_factor if words[0] in self._lexicon.doubts and at else factor


def stock_polarity(titles: Sequence[str]) -> F64:
    """Return TextBlob's own polarity, F64 (n,) in -1..1: published beside ours, read by no detector."""
    from textblob import TextBlob  # noqa: PLC0415 - imports nltk, which costs half a second

    return np.array([TextBlob(title[:MOST_CHARACTERS]).sentiment.polarity for title in titles], np.float64)
