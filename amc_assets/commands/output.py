"""How commands speak: the result on stdout, talk on stderr, tables for people, JSON for programs, exit codes."""

import json
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Exit(IntEnum):
    """Exit codes of every command; the numbers are public (docs/cli.md)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CHECK_FAILED = 4
    INTERRUPTED = 130
    TERMINATED = 143


class CommandError(Exception):
    """A command ends with a sentence for people and an exit code."""

    def __init__(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        self.code = code


def say(sentence: str) -> None:
    """Print talk (progress, notices) on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(sentence))


def result(sentence: str) -> None:
    """Print a result line on stdout."""
    Console(highlight=False, soft_wrap=True).print(escape(sentence))


def print_json(content: object) -> None:
    """Print JSON on stdout; NaN is refused, it is not JSON."""
    sys.stdout.write(json.dumps(content, indent=1, allow_nan=False, default=str) + "\n")


def print_table(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as a table; plain text when stdout is not a terminal or NO_COLOR is set."""
    table = Table(title=escape(title), title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        numeric = bool(rows) and all(isinstance(row.get(column), int | float | None) for row in rows)
        # names are copied into the next command: only the other columns fold
        is_name = column == columns[0]
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=is_name)
    for row in rows:
        table.add_row(*(escape(_cell(row.get(column))) for column in columns))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200  # a pipe has no width; folding would break columns for awk
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)
