"""Whether a capital word that is an ordinary one too, such as ``Visa`` or ``Apple``, is the company of that name here.

A capital proves nothing at the beginning of a sentence ("Visa rules tighten") or where every word has one ("Student
Visa Rules"). There the words beside it must show a company: what it owns, does, or is traded as.
"""

import re
from collections.abc import Sequence

from amc_assets.features.news.company_names import NameWords, plain

_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?:;|\u2013\u2014]|\s-)[\s\"'\u2018\u201c(\[]*\Z")
_POSSESSED = re.compile(r"['\u2019]s?\Z")
_APOSTROPHES = ("'", "\u2019")
_AND = ("and", "&")
_LONG = 4  # "of", "the" and "and" are small in titles too
_SENTENCE_CASE_FRAC = 0.5


def is_company(text: str, words: Sequence[re.Match[str]], at: int, lists: NameWords) -> bool:
    """Return whether the word ``at`` of ``words`` (matches in ``text``) is meant as a company's name.

    A household word is one unless what follows names the thing ("Apple picking season"); of the other ordinary words
    the text must show it; every other word says it by itself.
    """
    word = words[at]
    name = plain(word[0])
    if name in lists.household:
        return at + 1 >= len(words) or plain(words[at + 1][0]) not in lists.other_sense.get(name, frozenset())
    if (
        name not in lists.ordinary_too
        or _POSSESSED.search(word[0])
        or text[word.end() : word.end() + 1] in _APOSTROPHES
    ):
        return True
    begins = not at or _SENTENCE_BEGINS.search(text[max(word.start() - 8, 0) : word.start()]) is not None
    if not begins and (_is_sentence_case(words, at) or _stands_beside_a_name(text, words, at, lists)):
        return True
    return _does_business(text, words, at, lists)


def _stands_beside_a_name(text: str, words: Sequence[re.Match[str]], at: int, lists: NameWords) -> bool:
    """Whether another name stands before it: "Biogen, Caterpillar And More"."""
    before = words[at - 1]
    if text[before.end() : words[at].start()].strip() == ",":
        return _is_name(before[0], lists)
    return plain(before[0]) in _AND and at > 1 and _is_name(words[at - 2][0], lists)


def _does_business(text: str, words: Sequence[re.Match[str]], at: int, lists: NameWords) -> bool:
    """Whether what follows is what companies do or have, or another name: "Visa and Mastercard", "Visa to buy"."""
    following = [plain(each[0]) for each in words[at + 1 : at + 3]]
    between = text[words[at].end() : words[at + 1].start()].strip() if following else "."
    if between == ",":
        return _is_name(words[at + 1][0], lists)
    if between:
        return False
    if following[0] in _AND:
        return len(following) > 1 and _is_name(words[at + 2][0], lists)
    if following[0] == "to":
        return any(following[-1] + ending in lists.after_a_company for ending in ("s", "es"))
    return following[0] in lists.after_a_company


def _is_name(word: str, lists: NameWords) -> bool:
    return word[0].isupper() and plain(word) not in lists.says_little


def _is_sentence_case(words: Sequence[re.Match[str]], at: int) -> bool:
    """Whether most long words of the text are small: then a capital inside it says something."""
    others = [word[0] for place, word in enumerate(words) if place not in (0, at) and len(word[0]) >= _LONG]
    small = sum(word[0].islower() for word in others)
    return bool(others) and small >= _SENTENCE_CASE_FRAC * len(others)
