"""The recorded short-volume files in FINRA's spelling: their venues wrote class shares in four ways, FINRA writes one.

A security that stands in a file under two spellings (``BRK B`` and ``BRK.B``) becomes one row with its volumes added,
as FINRA's consolidated file would have it. Plain tickers are passed through byte for byte.
"""

from amc_assets.market.errors import SymbolError
from amc_assets.market.symbols import Spelling, SymbolMaster, canonical_spelling

_FIELDS = 6


def in_finra_spelling(body: bytes) -> bytes:
    """Return the file with every readable symbol in FINRA's spelling and a trailer that counts the rows."""
    lines = body.decode("ascii").split("\r\n" if b"\r\n" in body else "\n")
    ending = "\r\n" if b"\r\n" in body else "\n"
    header, rows = lines[0], [line for line in lines[1:] if line.count("|") == _FIELDS - 1]
    merged: dict[str, str] = {}
    for line in rows:
        _, symbol, _ = line.split("|", 2)
        spelled = symbol if symbol.isalpha() and symbol.isupper() else _spelled(symbol)
        known = merged.get(spelled)
        merged[spelled] = _with(line, symbol, spelled) if known is None else _added(known, line)
    return (ending.join([header, *merged.values(), str(len(merged))]) + ending).encode("ascii")


def _spelled(symbol: str) -> str:
    """Return FINRA's spelling; a symbol nobody can read stays as it was recorded, to be rejected and counted."""
    canonical = canonical_spelling(symbol, Spelling.NYSE)
    if canonical is None:
        return symbol
    try:
        return SymbolMaster([canonical]).spell(canonical, Spelling.FINRA_DAILY)
    except SymbolError:
        return symbol


def _with(line: str, symbol: str, spelled: str) -> str:
    return line if symbol == spelled else line.replace(f"|{symbol}|", f"|{spelled}|", 1)


def _added(known: str, line: str) -> str:
    day, symbol, *first = known.split("|")
    second = line.split("|")[2:]
    volumes = [str(int(a) + int(b)) for a, b in zip(first[:3], second[:3], strict=True)]
    venues = ",".join(sorted({*first[3].split(","), *second[3].split(",")}))
    return "|".join([day, symbol, *volumes, venues])
