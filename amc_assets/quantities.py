"""Numbers as traders write them, each in its unit; and a value beside its limit with the digits that decide.

Shared by pages, commands and explanations, so that a number reads the same wherever it stands.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
_SIZES = MappingProxyType({letter: size for size, letter in _STEPS})
_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)([KMBT]?)")
_MOST_DIGITS = 12
"""Further digits that are tried before a number is written whole."""

Writer = Callable[[float, int], str]


def compact(value: float, more: int = 0) -> str:
    """Return a number with three figures (and ``more``) and a letter: 1234567 is 1.23M."""
    for size, letter in _STEPS:
        rounded = float(f"{value / size:.{3 + more}g}")
        if abs(rounded) >= 1:  # after rounding: 999,999 is 1.00M, not 1000K
            return f"{rounded:.{max(0, 2 - int(math.log10(abs(rounded)))) + more}f}{letter}"
    return f"{value:.{more}f}"


def shares(value: float, more: int = 0) -> str:
    """Return a number of shares: 61.8M."""
    return compact(value, more)


def usd(value: float, more: int = 0) -> str:
    """Return a price or an amount: $0.0123, $347.51, $1.23M."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size >= 100_000:
        return f"{sign}${compact(size, more)}"
    return f"{sign}${size:.{4 + more}f}" if 0 < size < 1 else f"{sign}${size:,.{2 + more}f}"


def pct(fraction: float, more: int = 0) -> str:
    """Return a fraction as percent: .453 is 45.3 %."""
    return f"{100.0 * fraction:.{1 + more}f} %"


def days(value: float, more: int = 0) -> str:
    """Return days with one digit: 3.1 days."""
    return f"{value:.{1 + more}f} days"


def times(value: float, more: int = 0) -> str:
    """Return a ratio as a multiple: 5.20x."""
    return f"{value:.{2 + more}f}x" if abs(value) < 100 else f"{value:,.{more}f}x"


def score(value: float, more: int = 0) -> str:
    """Return a score of 0-1 with three digits."""
    return f"{value:.{3 + more}f}"


def plain(value: float, more: int = 0) -> str:
    """Return a number of no known unit with four figures."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.{4 + more}g}"


def flag(value: float, _more: int = 0) -> str:
    """Return yes or no."""
    return "yes" if value else "no"


def _fixed(digits: int, after: str = "", sign: str = "") -> Writer:
    return lambda value, more: f"{value:{sign}.{digits + more}f}{after}"


_BY_UNIT: Mapping[str, Writer] = MappingProxyType(
    {
        "usd": usd,
        "shares": shares,
        "fraction": pct,
        "frac": pct,
        "pct": _fixed(1, " %"),
        "days": days,
        "ratio": times,
        "x": times,
        "score": score,
        "0-1": score,
        "rank 0-1": score,
        "0-100": _fixed(1),
        "sigmas": _fixed(2, " sigma", "+"),
        "sessions": _fixed(0, " sessions"),
        "bars": _fixed(0, " bars"),
        "minutes": _fixed(0, " min"),
        "count": _fixed(0),
        "-1..1": _fixed(2, "", "+"),
        "flag": flag,
    }
)


def quantity(value: float, unit: str, more: int = 0) -> str:
    """Return ``value`` as people write that unit, with ``more`` digits than usual; four figures of an unknown unit."""
    if (write := _BY_UNIT.get(unit.lower())) is not None:
        return write(value, more)
    return f"{plain(value, more)} {unit}".rstrip()


def beside(value: float, limits: Sequence[float], unit: str) -> tuple[str, tuple[str, ...]]:
    """Return ``value`` and its ``limits`` with as many digits as decide between them.

    The numbers as written stand to each other as the numbers themselves do: a value that misses its limit never reads
    like it. Raises ValueError for a number that is not finite.
    """
    numbers = (value, *limits)
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"{numbers} in {unit or 'no unit'}: a missing value has no digits, give its reason instead")
    for more in range(_MOST_DIGITS):
        texts = [quantity(number, unit, more) for number in numbers]
        if _is_decided(numbers, texts) and all(_is_whole(limit, unit, more) for limit in limits):
            return texts[0], tuple(texts[1:])
    whole = [f"{number!r} {unit}".rstrip() for number in numbers]
    return whole[0], tuple(whole[1:])


def _is_decided(numbers: Sequence[float], texts: Sequence[str]) -> bool:
    """Return whether the first number as written is to each other one, with and without sign, as it really is."""
    value, *limits = numbers
    shown, *bounds = map(as_written, texts)
    signed = all(_order(value, limit) == _order(shown, bound) for limit, bound in zip(limits, bounds, strict=True))
    return signed and all(
        _order(abs(value), abs(limit)) == _order(abs(shown), abs(bound))
        for limit, bound in zip(limits, bounds, strict=True)
    )


def _is_whole(limit: float, unit: str, more: int) -> bool:
    """Return whether three more digits would add nothing: a limit of .995 is not written as 0.99."""
    return as_written(quantity(limit, unit, more)) == as_written(quantity(limit, unit, more + 3))


def as_written(text: str) -> float:
    """Return the number that a text of this module shows; yes is 1 and no 0."""
    found = _NUMBER.search(text)
    if found is None:
        return float(text == "yes")
    digits, letter = found.groups()
    size = float(digits.replace(",", "")) * _SIZES.get(letter, 1.0)
    return -size if text.startswith("-") else size


def _order(one: float, other: float) -> int:
    return (one > other) - (one < other)
