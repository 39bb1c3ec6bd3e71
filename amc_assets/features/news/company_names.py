"""What a company may be called in a text, out of the name of its security: aliases, and which of them are refused.

An alias is a tuple of plain words. One that two companies share, that is made of everyday words only, or that opens
another company's name is refused: a headline without a ticker is worth less than one with a wrong one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.news.vocabulary import read_vocabulary

Words = tuple[str, ...]
WORD = re.compile(r"&|[^\W_]+(?:['\u2019.][^\W_]+)*\.?")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_ACRONYM = re.compile(r"(?:[a-z]\.)+[a-z]\.?")
_INSTRUMENT = re.compile(
    r"\s+-\s+|[,(]\s*(?=the\b)|\("
    r"|\b(?:(?:new |registered |sponsored )*(?:common|ordinary|capital) (?:stock|shares?|units?)"
    r"|american dep|depositary (?:shares?|receipts?|units?)|ad[rs]s?\b|class [a-z]\b|series [a-z]\b"
    r"|(?:subordinate |limited |multiple )*voting shares|new york (?:registry )?shares|shares of beneficial|registry"
    r"|par value|\$?[\d.]+ par|common\b$|units?\b$|warrants?\b|rights?\b$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Alias:
    """Symbols an alias stands for, and whether it holds a legal form (``apple inc``), which makes it sure."""

    symbols: tuple[str, ...]
    has_legal_form: bool


@dataclass(frozen=True)
class NameWords:
    """The word lists of names.toml as sets; legal_forms: spelling -> the one it is compared as."""

    legal_forms: Mapping[str, str]
    tails: frozenset[str]
    continues: frozenset[str]
    never_alone: frozenset[str]
    household: frozenset[str]
    ordinary_too: frozenset[str]
    after_a_company: frozenset[str]
    other_sense: Mapping[str, frozenset[str]]
    currencies: frozenset[str]
    everyday: frozenset[str]

    @property
    def says_little(self) -> frozenset[str]:
        """Words that alone name no company."""
        return self.everyday | self.never_alone | self.continues


def name_words() -> NameWords:
    """Return the word lists, with the everyday English of TextBlob's spelling list (books out of copyright)."""
    lists: dict[str, Any] = read_vocabulary("names")
    words = lists["words"]
    return NameWords(
        {spelled: form for form, spellings in lists["legal_forms"].items() for spelled in spellings},
        frozenset(words["tails"]),
        frozenset(words["continues_a_name"]),
        frozenset(words["never_alone"]),
        frozenset(words["household"]),
        frozenset(words["ordinary_too"]),
        frozenset(words["after_a_company"]),
        {word: frozenset(following) for word, following in lists["other_sense"].items()},
        frozenset(words["currencies"]),
        _everyday_words(),
    )


def _everyday_words() -> frozenset[str]:
    """Return the words of TextBlob's spelling list (of books out of copyright), read without importing TextBlob.

    Raises FeatureInputError where the installed TextBlob has no such file.
    """
    spec = find_spec("textblob")
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        path = Path(folder) / "en" / "en-spelling.txt"
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            return frozenset(line.split()[0].lower() for line in lines if line.strip() and not line.startswith(";;;"))
    raise FeatureInputError(
        "TextBlob's list of English words (en/en-spelling.txt) is not installed: names of companies cannot be told "
        "from words; install the textblob of requirements.lock"
    )


def plain(word: str) -> str:
    """Return a word as it is compared: lower case, without possessive and without the dots of ``S.A.``."""
    lowered = _POSSESSIVE.sub("", word.lower())
    return lowered.replace(".", "") if _ACRONYM.fullmatch(lowered) else lowered.rstrip(".")


def company_words(security_name: str) -> Words:
    """Return the words of the company in a security's name: ``Jazz Pharmaceuticals plc Common Stock (Ireland)``."""
    cut = _INSTRUMENT.search(security_name)
    company = security_name[: cut.start()] if cut and cut.start() else security_name
    words = [plain(word) for word in WORD.findall(company)]
    return tuple(words[1:] if words[:1] == ["the"] else words)


def aliases(names: Mapping[str, str], words: NameWords) -> dict[Words, Alias]:
    """Return every alias that stands for one company; share classes of one company share theirs.

    names: canonical symbol -> security name.
    """
    companies: dict[Words, list[str]] = {}
    for symbol in sorted(names):
        full = tuple(words.legal_forms.get(word, word) for word in company_words(names[symbol]))
        if full:
            companies.setdefault(full, []).append(symbol)
    openings: dict[str, int] = {}
    for company in companies:
        openings[company[0]] = openings.get(company[0], 0) + 1
    common = words.says_little
    owners: dict[Words, set[Words]] = {}
    for company in companies:
        for alias in _forms(company, words):
            owners.setdefault(alias, set()).add(company)
    return {
        alias: Alias(tuple(companies[owner]), alias[-1] in words.legal_forms)
        for alias, claims in owners.items()
        if len(claims) == 1
        for owner in claims
        if _is_distinctive(alias, openings, words, common)
    }


def _forms(company: Words, words: NameWords) -> set[Words]:
    """The whole name; without its legal form; without Holdings and Group; without ``.com``."""
    forms = {company}
    bare = _without_end(company, words.legal_forms)
    forms.add(bare)
    short = _without_end(_without_end(bare, words.tails), words.legal_forms)
    forms |= {short, (*short[:-1], short[-1].removesuffix(".com"))}
    return forms


def _without_end(name: Words, endings: Mapping[str, str] | frozenset[str]) -> Words:
    end = len(name)
    while end > 1 and name[end - 1] in endings:
        end -= 1
    return name[:end]


def _is_distinctive(alias: Words, openings: Mapping[str, int], words: NameWords, common: frozenset[str]) -> bool:
    """Three words in a row are hardly chance; two need one that is not everyday; one must be nobody's first word.

    With its legal form a name is sure, but ``Bancorp Inc`` ends the names of two hundred others.
    """
    if alias[-1] in words.legal_forms:
        return len(alias) > 1 and (len(alias) > 2 or alias[0] not in words.continues | words.tails)
    if len(alias) > 2:
        return True
    rare = [word for word in alias if word not in common and not word.isdigit() and len(word) > 1]
    if len(alias) > 1:
        return bool(rare)
    (word,) = alias
    return word in words.household or (bool(rare) and len(word) > 2 and openings.get(word, 0) <= 1)
