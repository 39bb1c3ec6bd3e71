"""One-minute bars of one symbol on one day, and longer bars made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class MinuteBars:
    """Bars in order of time, every array of shape (bars,); ``start_seconds`` are seconds since 1970 UTC."""

    start_seconds: npt.NDArray[np.int64]
    open_usd: npt.NDArray[np.float64]
    high_usd: npt.NDArray[np.float64]
    low_usd: npt.NDArray[np.float64]
    close_usd: npt.NDArray[np.float64]
    volume_shares: npt.NDArray[np.float64]

    def per(self, minutes: int) -> Self:
        """Return bars of ``minutes`` minutes each, aligned to the hour; a window without a trade has no bar."""
        if minutes == 1 or not len(self.start_seconds):
            return self
        window = self.start_seconds // (minutes * MINUTE_SECONDS)
        first = np.flatnonzero(np.r_[True, window[1:] != window[:-1]])
        last = np.r_[first[1:], len(window)] - 1
        return type(self)(
            start_seconds=window[first] * (minutes * MINUTE_SECONDS),
            open_usd=self.open_usd[first],
            high_usd=np.maximum.reduceat(self.high_usd, first),
            low_usd=np.minimum.reduceat(self.low_usd, first),
            close_usd=self.close_usd[last],
            volume_shares=np.add.reduceat(self.volume_shares, first),
        )

    def before(self, end_seconds: float) -> Self:
        """Return the bars whose minute is over by ``end_seconds``."""
        return self.where(self.start_seconds + MINUTE_SECONDS <= end_seconds)

    def newest(self, count: int) -> Self:
        """Return the last ``count`` bars."""
        return self.where(np.arange(len(self.start_seconds)) >= len(self.start_seconds) - count)

    def where(self, keep: npt.NDArray[np.bool_]) -> Self:
        """Return the bars that ``keep`` (shape (bars,)) marks."""
        return type(self)(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self | None:
        """Return the bars of several days, which come in order, as one; None for none."""
        if not parts:
            return None
        names = tuple(cls.__dataclass_fields__)
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
