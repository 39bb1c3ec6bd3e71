"""Finds every reason that product code can refuse a row for, from its syntax trees: six ways, and no seventh unseen.

A reason is a word such as ``wrong_date``. It stands in the call that refuses, or it is handed on by a variable; then it
stands where the variable comes from (an answer of a function that judges a row, an ``_Odd``, a first guess).
"""

import ast
from collections.abc import Iterator

from amc_assets_tests.house.sources import Source

_REFUSING = {"refuse": 0, "_refuse_other": 2, "_Odd": 0}
"""Function or class -> which argument is the reason."""

_GUESSES = ("problem", "reason")
_JUDGED = ("str", "tuple[str, str]")
HANDED_ON = {
    "finra/files.py": "lines of wire/delimited.py",
    "finra/interest.py": "lines of wire/delimited.py",
    "nasdaq/halts.py": "the texts of _Odd",
    "nasdaq/symbols.py": "lines of wire/delimited.py",
    "news/table.py": "answers of _problem",
    "sec/fails.py": "lines of wire/delimited.py",
    "sec/filings.py": "answers of _filing",
    "treasury/rates.py": "cells that were refused",
    "wire/pages.py": "what the pages had refused",
    "wire/threshold.py": "lines of wire/delimited.py",
}
"""Files that refuse rows under a reason in a variable, and where that reason was written."""


def reasons_in(item: Source) -> set[str]:
    """Return every reason that one file writes down."""
    return {reason for node in ast.walk(item.tree) for reason in _of(node)}


def hands_on(item: Source) -> bool:
    """Return whether a file refuses rows under a reason that does not stand in the refusing call."""
    sinks = [reason for node in ast.walk(item.tree) if (reason := _sink(node)) is not None]
    return any(not set(_words(sink)) for sink in sinks)


def _of(node: ast.AST) -> Iterator[str]:
    sink = _sink(node)
    if sink is not None:
        yield from _words(sink)
    elif isinstance(node, ast.Call):
        place = _REFUSING.get(_name(node.func))
        if place is not None and place < len(node.args):
            yield from _words(node.args[place])
    elif isinstance(node, ast.FunctionDef):
        yield from _judgements(node)
    elif isinstance(node, ast.Assign) and _name(node.targets[0]) in _GUESSES and isinstance(node.value, ast.Constant):
        yield from _words(node.value)


def _sink(node: ast.AST) -> ast.expr | None:
    """Return the argument that holds the reason, of a call that counts refused rows."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr == "before_parsing":
        return node.args[0]
    if node.func.attr == "where" and len(node.args) == 3 and _name(node.func.value) not in ("np", "pc"):
        return node.args[1]
    return None


def _judgements(function: ast.FunctionDef) -> Iterator[str]:
    """Yield what a function answers that judges rows: a word, or a value and a word."""
    answer = ast.unparse(function.returns) if function.returns else ""
    is_pair = answer.startswith("tuple[") and answer.endswith(", str]")
    if not (is_pair or answer in _JUDGED):
        return
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            value = node.value.orelse if isinstance(node.value, ast.IfExp) and is_pair else node.value
            yield from _words(value.elts[-1] if isinstance(value, ast.Tuple) and is_pair else value)


def _words(node: ast.expr) -> Iterator[str]:
    """Yield the reasons of an expression: a word, either side of a choice, the keys of a dict."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if "_" in node.value.strip("_") and node.value.replace("_", "").isalnum() and node.value.islower():
            yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body)
        yield from _words(node.orelse)
    elif isinstance(node, ast.Dict):
        for key in node.keys:
            yield from _words(key) if key is not None else ()


def _name(node: ast.expr) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))
