"""Which symbols a text is about, where its source does not say: tickers in brackets, cashtags, then company names.

A ticker written out rules: names beside it are partners and rivals. Nothing is guessed from a bare capital word that
may be a ticker: ``IT``, ``ALL`` and ``NOW`` are words.
"""

import re
from collections.abc import Iterator, Mapping

from amc_assets.features.news.company_names import WORD, Alias, Words, aliases, name_words, plain
from amc_assets.features.news.ordinary_words import is_company
from amc_assets.market.written_tickers import is_us_exchange, tickers_in_brackets

MOST_SYMBOLS = 20
MOST_CHARACTERS = 4500  # title 500 and summary 4,000 are what the parsers let through
_EXCHANGES = r"(?:NASDAQ|Nasdaq|NYSE|New York Stock Exchange|AMEX|Cboe|CBOE|BATS|OTC|TSX)[A-Za-z &/,]{0,40}"
_TICKER = r"[A-Z]{1,5}(?:[./-][A-Z]{1,2})?"
_WRITTEN = re.compile(rf"\b({_EXCHANGES}):\s*[\"'\u201c]?({_TICKER}(?:\s*[,/&]\s*{_TICKER}){{0,5}})\b")
_BETWEEN_EXCHANGES = re.compile(r"[,&/]|\band\b")
_CASHTAG = re.compile(rf"(?<![\w$])\$({_TICKER})\b")
_ONE = re.compile(_TICKER)
_BRACKETS = re.compile(r"[(\[][^()\[\]]{0,300}[)\]]")
_LISTED = re.compile(rf"\s*[(\[]\s*[A-Za-z -]{{2,30}}:\s*({_TICKER}|[0-9A-Z]{{1,12}})\b")

_RATES_OTHERS = re.compile(
    r"['\u2019s]*\s+(?:analysts?\s+|securities\s+|capital\s+)?(?:upgrade[sd]|downgrade[sd]|maintain(?:s|ed)|reiterate[sd]"
    r"|(?:re)?initiate[sd]\s+(?:coverage|at)|(?:start|resume|assume)(?:s|d|ed)\s+(?:coverage|at)|has\s+(?:buy|hold|sell)\b"
    r"|(?:raise|lower|cut|reduce|boost|trim|hike|increase|decrease|adjust)(?:s|d|ed)?\s+(?:its\s+)?(?:pt|po|price|target)\b)",
    re.IGNORECASE,
)
"""A broker that rates somebody is who speaks, not what the headline is about."""


class NameTagger:
    """Finds the symbols of a text; built once per universe, then only look-ups."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Read the word lists and work out what every company may be called; ``names``: symbol -> security name."""
        self._known = frozenset(names)
        self._words = name_words()
        self._aliases: dict[Words, Alias] = aliases(names, self._words)
        self._longest: dict[str, int] = {}
        for alias in self._aliases:
            self._longest[alias[0]] = max(len(alias), self._longest.get(alias[0], 0))

    def symbols(self, title: str, summary: str) -> list[str]:
        """Return the distinct symbols of a text in order of appearance, at most twenty."""
        texts = [title[:MOST_CHARACTERS], summary[:MOST_CHARACTERS]]
        found = [symbol for text in texts for symbol in self._written(text)]
        if not found:
            found = [symbol for text in texts for symbol in self._named(text)]
        return list(dict.fromkeys(found))[:MOST_SYMBOLS]

    def _written(self, text: str) -> Iterator[str]:
        """Tickers after the name of a US exchange, and cashtags; only those of the universe."""
        if ":" not in text and "$" not in text:
            return
        places = [(start, ticker, True) for start, ticker in tickers_in_brackets(text)]
        places += [
            (match.start(), ticker, True)
            for match in _WRITTEN.finditer(_BRACKETS.sub(lambda group: " " * len(group[0]), text))
            if any(is_us_exchange(name) for name in _BETWEEN_EXCHANGES.split(match[1]))
            for ticker in _ONE.findall(match[2])
        ]
        places += [(match.start(), match[1], False) for match in _CASHTAG.finditer(text)]
        for _, ticker, has_exchange in sorted(places, key=lambda place: place[0]):
            symbol = re.sub(r"[/-]", ".", ticker)
            if symbol in self._known and (has_exchange or self._is_cashtag(ticker)):
                yield symbol

    def _is_cashtag(self, ticker: str) -> bool:
        return len(ticker) > 1 and ticker not in self._words.currencies

    def _named(self, text: str) -> Iterator[str]:
        """Company names, the longest at each place; a place is read once."""
        matches = list(WORD.finditer(text))
        spelled = [match[0] for match in matches]
        words = [plain(word) for word in spelled]
        compared = [self._words.legal_forms.get(word, word) for word in words]
        at = 0
        while at < len(words):
            length = self._match(text, matches, spelled, compared, at)
            if length:
                yield from self._aliases[tuple(compared[at : at + length])].symbols
            at += max(length, 1)

    def _match(self, text: str, matches: list[re.Match[str]], spelled: list[str], compared: list[str], at: int) -> int:
        """Return how many words from ``at`` on are a company's name, 0 where none."""
        longest = self._longest.get(compared[at], 0)
        if not longest or not _is_capital(spelled[at]):
            return 0
        for length in range(min(longest, len(compared) - at), 0, -1):
            alias = self._aliases.get(tuple(compared[at : at + length]))
            if alias is None:
                continue
            end = at + length
            is_whole = alias.has_legal_form or not self._goes_on(spelled, compared, end)
            listed = _LISTED.match(text, matches[end - 1].end())  # another ticker is another company of that name
            is_own = listed is None or listed[1] in alias.symbols
            speaks = _RATES_OTHERS.match(text, matches[end - 1].end())
            is_name = _is_capital(spelled[end - 1]) or alias.has_legal_form
            if not (is_whole and is_own and is_name) or speaks:
                return 0
            return length if length > 1 or is_company(text, matches, at, self._words) else 0
        return 0

    def _goes_on(self, spelled: list[str], compared: list[str], end: int) -> bool:
        """Whether the text goes on with words that make it another company's name."""
        if end >= len(spelled) or not _is_capital(spelled[end]):
            return False
        if spelled[end - 1].lower().endswith(("'s", "\u2019s")):
            return False
        following = compared[end]
        if following in self._words.legal_forms or following in self._words.continues | self._words.tails:
            return True
        return (
            end + 1 < len(compared) and compared[end + 1] in self._words.legal_forms and _is_capital(spelled[end + 1])
        )


def _is_capital(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()
