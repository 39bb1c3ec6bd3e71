"""Text from outside, made harmless to read: escaping is jinja's work, this takes what escaping leaves dangerous."""

import re
import unicodedata

LONGEST_TEXT = 400
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Line feeds, tabs and odd spaces become one space; every control, and what turns the reading direction or hides, is
# shown as a replacement mark: "GME" with a right-to-left override reads as another symbol.
_SPACES = re.compile(r"[^\S ]+")
_DANGEROUS = ("Cc", "Cf", "Cs", "Co", "Cn")
_ZERO_WIDTH_JOINERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"


def clean(text: str) -> str:
    """Return ``text`` without control, invisible or direction-changing characters, cut to 400 characters."""
    flat = _SPACES.sub(" ", text[: 4 * LONGEST_TEXT])
    safe = "".join(REPLACEMENT if _is_dangerous(character) else character for character in flat)
    return safe if len(safe) <= LONGEST_TEXT and len(text) <= LONGEST_TEXT else f"{safe[:LONGEST_TEXT]}…"


def _is_dangerous(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return unicodedata.category(character) in _DANGEROUS or character in _ZERO_WIDTH_JOINERS
