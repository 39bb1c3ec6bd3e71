"""What kind of security a directory row describes, from the provider's type, the ETF flag, the symbol and the name.

Names decide only where no provider says the type. In a name the first word that names an instrument decides: "Units
each consisting of one share of common stock and one warrant" is a unit, "Redeemable Warrants each exercisable for one
ordinary share" a warrant. Who is eligible is ``universe.py``.
"""

import re
from enum import StrEnum

from amc_assets.market.spellings import SuffixKind, is_canonical, parts_of


class SecurityType(StrEnum):
    """Kind of security; only COMMON_STOCK and ADR are screened."""

    COMMON_STOCK = "common_stock"
    ADR = "adr"
    ETF = "etf"
    ETN = "etn"
    FUND = "fund"
    PREFERRED = "preferred"
    WARRANT = "warrant"
    RIGHT = "right"
    UNIT = "unit"
    NOTE = "note"
    OTHER = "other"


POLYGON_TYPES: dict[str, SecurityType] = {
    "CS": SecurityType.COMMON_STOCK,
    "OS": SecurityType.COMMON_STOCK,  # ordinary shares
    "NYRS": SecurityType.COMMON_STOCK,  # New York registry shares
    "ADRC": SecurityType.ADR,
    "GDR": SecurityType.ADR,
    "ADRP": SecurityType.PREFERRED,
    "ADRR": SecurityType.RIGHT,
    "ADRW": SecurityType.WARRANT,
    "PFD": SecurityType.PREFERRED,
    "WARRANT": SecurityType.WARRANT,
    "RIGHT": SecurityType.RIGHT,
    "UNIT": SecurityType.UNIT,
    "ETF": SecurityType.ETF,
    "ETV": SecurityType.ETF,  # exchange-traded vehicle: a commodity trust
    "ETS": SecurityType.ETF,  # single-security ETF
    "ETN": SecurityType.ETN,
    "FUND": SecurityType.FUND,
    "BOND": SecurityType.NOTE,
    "AGEN": SecurityType.NOTE,  # agency bond
    "EQLK": SecurityType.NOTE,  # equity-linked bond
    "SP": SecurityType.NOTE,  # structured product
    "BASKET": SecurityType.OTHER,
    "LT": SecurityType.OTHER,  # liquidating trust
    "OTHER": SecurityType.OTHER,
}

_SUFFIX_TYPES: dict[SuffixKind, SecurityType] = {
    SuffixKind.PREFERRED: SecurityType.PREFERRED,
    SuffixKind.PREFERRED_SERIES: SecurityType.PREFERRED,
    SuffixKind.WARRANT: SecurityType.WARRANT,
    SuffixKind.WARRANT_SERIES: SecurityType.WARRANT,
    SuffixKind.UNIT: SecurityType.UNIT,
    SuffixKind.RIGHT: SecurityType.RIGHT,
}

# Nasdaq's fifth letter, read only when the name says nothing: GOOGL and BATRK are common stock with five letters.
_FIFTH_LETTERS: dict[str, SecurityType] = {
    "W": SecurityType.WARRANT,
    "R": SecurityType.RIGHT,
    "U": SecurityType.UNIT,
    "P": SecurityType.PREFERRED,
    "O": SecurityType.PREFERRED,
    "N": SecurityType.PREFERRED,
    "M": SecurityType.PREFERRED,
}

_NAME = re.compile(
    r"\b(?:"
    r"(?P<etn>etns?\b|exchange[- ]traded notes?\b)"
    r"|(?P<etf>etfs?\b|exchange[- ]traded funds?\b|nextshares\b|spdr\b|ishares\b)"
    r"|(?P<adr>american dep\w*ary\b|global depositary\b|adrs?\b|ads(?= each\b| representing\b|$))"
    r"|(?P<common>common (?:stock|shares?|units?)\b|ordinary shares?\b|capital stock\b|registry shares\b"
    r"|(?:subordinate |limited )?voting shares\b|shares? of beneficial\b|units of beneficial\b|trust units\b"
    r"|beneficial unit certificates?\b"
    r"|l\.?p\.? +(?:class \w )?units\b|limited partner|ltd partnership unit\b)"
    r"|(?P<preferred>preferred(?= (?:stock|shares?|units?|series|class|interest|depositary)|$)"
    r"|preferred securit(?:y|ies)\b(?! (?:and|&) )"
    r"|preference shares?\b"
    r"|(?:cumulative|perpetual|redeemable|convertible|trust|perp|fixed|floating)(?: rate)?(?: to floating(?: rate)?)?"
    r" (?:preferred|pfd)\b|pfd\b(?! income)(?!.*\b(?:common|ordinary) sh)|capital trust [ivx]+$)"
    r"|(?P<unit>units?\b(?! corp)|teus?\b)"
    r"|(?P<warrant>warrants?\b)"
    r"|(?P<right>rights?\b)"
    r"|(?P<note>(?:senior|subordinated|junior|convertible|rate|secured|debt) (?:\w+ )?notes?\b|notes? due\b"
    r"|debentures?\b|bonds? due\b|mortgage bonds?\b|tr ctf\b|certificates?\b|tr certs?\b|backed trust\b"
    r"|corts\b|strats\b)"
    r"|(?P<fund>funds?\b|municipals?\b|muni\b|closed[- ]end\b"
    r"|(?<!properties )(?<!realty )income trust\b(?! preferred)|income portfolio\b"
    r"|(?:bond|dividend|opportunities|tax-exempt|term) trust\b)"
    r")"
)


def security_type(polygon_type: str | None, name: str, symbol: str, is_etf: bool | None) -> SecurityType:
    """Return the kind of security of one directory row.

    Order: Polygon's type (an unknown one is OTHER), the ETF flag, a suffix of the canonical symbol, the first
    instrument word of the name, Nasdaq's fifth letter. A name that says nothing is taken as common stock: directories
    name the main share class of a company by the company alone.
    """
    if polygon_type:
        return POLYGON_TYPES.get(polygon_type, SecurityType.OTHER)
    found = name_type(name)
    if is_etf:
        return SecurityType.ETN if found is SecurityType.ETN else SecurityType.ETF
    if not symbol.isupper() or not symbol.isalpha():
        suffix = _SUFFIX_TYPES.get(parts_of(symbol).kind) if is_canonical(symbol) else None
        if suffix:
            return suffix
    if found:
        return found
    if len(symbol) == 5 and symbol.isalpha():
        return _FIFTH_LETTERS.get(symbol[-1], SecurityType.COMMON_STOCK)
    return SecurityType.COMMON_STOCK


def name_type(name: str) -> SecurityType | None:
    """Return the kind of security that the first instrument word of ``name`` says, or None when it has none."""
    match = _NAME.search(name.lower())
    if match is None or match.lastgroup is None:
        return None
    return SecurityType.COMMON_STOCK if match.lastgroup == "common" else SecurityType(match.lastgroup)
