"""The direction lexicon compiled: word forms and phrases of direction.toml as look-ups, made once per object."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.news.vocabulary import read_vocabulary

Phrase = tuple[tuple[str, ...], float]
_VOWELS = frozenset("aeiou")
_DOUBLED = frozenset({"drop", "slip", "dip", "trim", "cut", "top", "win", "pop"})


@dataclass(frozen=True)
class Lexicon:
    """motion and own: word -> signed strength; things: word -> 1 good, -1 bad; phrases: first word -> longest first."""

    motion: Mapping[str, float]
    own: Mapping[str, float]
    things: Mapping[str, float]
    phrases: Mapping[str, tuple[Phrase, ...]]
    negations: frozenset[str]
    doubts: frozenset[str]
    negation_reach: int
    negation_factor: float
    doubt_factor: float
    motion_reach: int
    half_way: float


def compile_lexicon(raw: Mapping[str, Any] | None = None) -> Lexicon:
    """Return the lexicon of direction.toml (or of ``raw``, its content as tables).

    Raises FeatureInputError for a strength outside 0..1 or an irregular form of a verb that is not listed.
    """
    raw = read_vocabulary("direction") if raw is None else raw
    _check_strengths(raw)
    return Lexicon(
        motion=_motion(raw["motion"]),
        own=_own(raw["words"]),
        things=_things(raw["things"]),
        phrases=_phrases(raw["phrases"]),
        negations=frozenset(raw["negation"]["words"]),
        doubts=frozenset(raw["doubt"]["words"]),
        negation_reach=raw["negation"]["reach_words"],
        negation_factor=raw["negation"]["factor"],
        doubt_factor=raw["doubt"]["factor"],
        motion_reach=raw["reading"]["reach_words"],
        half_way=raw["reading"]["half_way"],
    )


def _check_strengths(raw: Mapping[str, Any]) -> None:
    for table in ("motion", "words", "phrases"):
        for side in ("up", "down"):
            for word, strength in raw[table][side].items():
                if not 0 < strength <= 1:
                    raise FeatureInputError(f"direction.toml, {table}.{side}: {word!r} has {strength}, must be 0..1")


def _motion(raw: Mapping[str, Any]) -> dict[str, float]:
    base = _signed(raw)
    forms = {form: strength for verb, strength in base.items() for form in verb_forms(verb)}
    irregular = dict(raw["irregular"])
    for form in str(irregular.pop("not_read", "")).split():
        forms.pop(form, None)
    for form, verb in irregular.items():
        if verb not in base:
            raise FeatureInputError(f"direction.toml: {form!r} is called a form of {verb!r}, which is no motion verb")
        forms[form] = base[verb]
    return forms


def _own(raw: Mapping[str, Any]) -> dict[str, float]:
    forms: dict[str, float] = {}
    for word, strength in _signed(raw).items():
        for form in (*verb_forms(word), *noun_forms(word)):
            forms.setdefault(form, strength)
    return forms | _signed(raw)


def _signed(raw: Mapping[str, Any]) -> dict[str, float]:
    return {
        word: sign * strength for side, sign in (("up", 1.0), ("down", -1.0)) for word, strength in raw[side].items()
    }


def _things(raw: Mapping[str, str]) -> dict[str, float]:
    sides = (("good", 1.0), ("bad", -1.0))
    return {form: sign for side, sign in sides for word in raw[side].split() for form in noun_forms(word)}


def _phrases(raw: Mapping[str, Any]) -> dict[str, tuple[Phrase, ...]]:
    every = [*_signed(raw).items(), *((phrase, 0.0) for phrase in raw["none"]["phrases"])]
    found: dict[str, list[Phrase]] = {}
    for phrase, strength in every:
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append((words, strength))
    return {first: tuple(sorted(group, key=lambda item: -len(item[0]))) for first, group in found.items()}


def verb_forms(verb: str) -> Iterator[str]:
    """Yield the regular forms of a verb: raise raises raised raising; drop drops dropped dropping."""
    yield from noun_forms(verb)
    if verb.endswith("e"):
        yield from (verb + "d", verb[:-1] + "ing")
    elif verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        yield from (verb[:-1] + "ied", verb + "ing")
    else:
        stem = verb + verb[-1] if verb in _DOUBLED else verb
        yield from (stem + "ed", stem + "ing")


def noun_forms(noun: str) -> Iterator[str]:
    """Yield singular and plural: loss losses, delivery deliveries, target targets."""
    yield noun
    if noun.endswith(("s", "x", "ch", "sh")):
        yield noun + "es"
    elif noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        yield noun[:-1] + "ies"
    else:
        yield noun + "s"
