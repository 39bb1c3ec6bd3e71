"""The project's finance-direction analyzer as a TextBlob plug-in; import this module only where TextBlob is used."""

from textblob import TextBlob
from textblob.base import CONTINUOUS, BaseSentimentAnalyzer

from amc_assets.features.news.sentiment import DirectionReader


class FinanceDirectionAnalyzer(BaseSentimentAnalyzer):  # type: ignore[misc] # textblob ships no types
    """``TextBlob(title, analyzer=FinanceDirectionAnalyzer()).sentiment`` is the direction, -1..1."""

    kind = CONTINUOUS

    def __init__(self, reader: DirectionReader | None = None) -> None:
        """Use ``reader``, or compile one."""
        super().__init__()
        self._reader = reader or DirectionReader()

    def analyze(self, text: str) -> float:
        """Return the direction of ``text``, -1..1."""
        super().analyze(text)
        return self._reader.read(text)


def blob(title: str, analyzer: FinanceDirectionAnalyzer) -> TextBlob:
    """Return a TextBlob of a headline whose ``sentiment`` is our direction."""
    return TextBlob(title, analyzer=analyzer)
