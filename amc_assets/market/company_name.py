"""Whether two names of securities are names of one company, as far as their words can tell.

Sources spell one company in many ways (``GameStop Corp. Class A``, ``GAMESTOP CORP NEW``), so only names that share no
telling word, no spelling and no initials are taken for two companies.
"""

import re
from difflib import SequenceMatcher

_INSTRUMENT = re.compile(
    r"\s+-\s+|[,(]\s*the\b|\("
    r"|\b(?:(?:new |registered |sponsored )*(?:common|ordinary|capital) (?:stock|shares?|units?)|american dep"
    r"|depositary"
    r"|ad[rs]s?\b|class [a-z]\b|cl [a-z]\b|series [a-z]\b|(?:subordinate |limited |multiple )*voting shares"
    r"|new york (?:registry )?shares|shares of beneficial|\$?[\d.]+ par|par value|warrants?\b|units?\b|rights?\b)",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"['\u2019.]")
_WORD = re.compile(r"[^\W_]+")
_FORMS = frozenset((
    "ab", "ag", "and", "asa", "bv", "co", "com", "common", "companies", "company", "corp", "corporation", "cos", "de",
    "del", "etf", "fund", "group", "grp", "hldg", "hldgs", "holding", "holdings", "inc", "incorporated", "kgaa",
    "limited", "llc", "llp", "lp", "ltd", "new", "nv", "of", "ord", "oyj", "plc", "sa", "se", "shs", "spa", "stock",
    "the", "trust",
))  # fmt: skip
_GENERIC = frozenset((
    "acquisition", "airlines", "airways", "american", "apparel", "automotive", "bancorp", "bancshares", "bank",
    "biologics", "biopharma", "biopharmaceuticals", "bioscience", "biosciences", "biotech", "biotherapeutics",
    "brands", "capital", "care", "communications", "credit", "data", "devices", "diagnostics", "digital", "education",
    "electric", "electronics", "energy", "entertainment", "environmental", "equity", "estate", "exploration",
    "financial", "fintech", "first", "foods", "gas", "general", "genomics", "global", "gold", "growth", "health",
    "healthcare", "home", "hotels", "income", "industrial", "industries", "innovations", "insurance", "international",
    "intl", "investment", "investors", "labs", "logistics", "management", "marine", "materials", "media", "medical",
    "medicine", "merger", "metals", "minerals", "mining", "mortgage", "motor", "motors", "national", "networks", "of",
    "oil", "oncology", "online", "opportunity", "partners", "petroleum", "pharma", "pharmaceutical",
    "pharmaceuticals", "power", "products", "properties", "property", "real", "realty", "resources", "restaurants",
    "retail", "robotics", "royalty", "savings", "sciences", "security", "semiconductor", "semiconductors", "services",
    "shipping", "software", "solar", "solutions", "steel", "storage", "stores", "systems", "tech", "technologies",
    "technology", "telecom", "therapeutics", "trading", "transportation", "travel", "united", "universal", "us",
    "usa", "utilities", "water", "wireless", "world",
))  # fmt: skip
_SHORTEST_PREFIX, _SHORTEST_SPELLING = 4, 5
_ALIKE = 0.8


def company_tokens(name: str) -> tuple[str, ...]:
    """Return the words of the company in a security's name, without instrument and legal form, in lower case."""
    cut = _INSTRUMENT.search(name)
    company = name[: cut.start()] if cut and cut.start() else name
    words = _WORD.findall(_DOTTED.sub("", company.lower()))
    kept = tuple(word for word in words if word not in _FORMS)
    return kept or tuple(words)


def names_agree(one: str | None, other: str | None) -> bool | None:
    """Return whether both may name one company; None when a name is absent or has no word.

    False only for a clear change: no telling word in common (spelling and abbreviation allowed for), neither name the
    other's initials. Words that open or end hundreds of names (``Energy``, ``First``) tell nothing.
    """
    first, second = company_tokens(one or ""), company_tokens(other or "")
    if not first or not second:
        return None
    joined = "".join(first), "".join(second)
    if joined[0] == joined[1] or _is_opening(*joined) or _is_initials(first, second) or _is_initials(second, first):
        return True
    ours, theirs = _telling(first), _telling(second)
    if not ours or not theirs:  # ``American Airlines``: such words tell a name only together
        return set(first) <= set(second) or set(second) <= set(first)
    alike = any(a == b or _is_opening(a, b) or _is_spelling(a, b) for a in ours for b in theirs)
    return alike or _is_spelling("".join(ours), "".join(theirs))


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _GENERIC and len(word) > 1)


def _is_opening(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST_PREFIX and long.startswith(short)


def _is_initials(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return len(long) > 2 and "".join(word[0] for word in long) in short


def _is_spelling(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST_SPELLING:
        return False
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE
