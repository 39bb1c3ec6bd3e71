"""A variable without effect says so, and only such a one: whether a value is read is found in the code itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from amc_assets.settings import configuration_table, load_settings, variables
from amc_assets.settings.plans import RATE_VARIABLES

PACKAGE = Path(__file__).resolve().parents[2] / "amc_assets"
SETTINGS = PACKAGE / "settings"
NAMING = (SETTINGS / "limits.py", SETTINGS / "model.py")
"""Where names of variables are put together from the provider's."""
SAMPLES = {"SLACK_CHANNEL": "#elsewhere", "CACHE_TTL_DISCOVERY_SECONDS": "60", "PROMETHEUS_METRICS_ENABLED": "false"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every file that could use a value: not its declaration, and not the check of values against each other."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if not (path.parent == SETTINGS and (path.stem.startswith("variables_") or path.stem == "combinations")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def pattern(text: ast.JoinedStr) -> str:
    """Return an f-string as a regular expression: what is filled in may be anything."""
    parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in text.values]
    return "".join(parts)


def readers() -> tuple[set[str], list[str], set[str]]:
    """Return attributes that are read, patterns of names given to getattr, and names that a table maps elsewhere."""
    attributes: set[str] = set()
    patterns: list[str] = []
    moved = set(RATE_VARIABLES.values())
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                attributes.add(node.attr)
            if isinstance(node, ast.JoinedStr) and path in NAMING and re.fullmatch(r"[a-z_\\+]{12,}", pattern(node)):
                patterns.append(pattern(node))
            if path.name == "load.py" and isinstance(node, ast.Dict):
                moved |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    return attributes, patterns, moved


def is_read(field: str, name: str, found: tuple[set[str], list[str], set[str]]) -> bool:
    """Return whether the product reads the value of a variable anywhere."""
    attributes, patterns, moved = found
    return field in attributes or name in moved or any(re.fullmatch(one, field) for one in patterns)


def test_exactly_the_variables_that_nothing_reads_are_declared_as_planned():
    found = readers()
    unread = {doc.name for doc in variables() if not is_read(doc.field, doc.name, found)}
    assert {doc.name for doc in variables() if doc.is_planned} == unread
    assert "SLACK_WEBHOOK_URL" in unread
    assert "MAX_CANDIDATES_PER_DISCOVERY" not in unread


def test_every_face_says_that_it_has_no_effect():
    planned = {doc.name for doc in variables() if doc.is_planned}
    rows = {line.split("`")[1]: line for line in configuration_table().splitlines() if line.startswith("| `")}
    assert {name for name, line in rows.items() if "No effect in this version." in line} == planned
    shown = load_settings({}).describe()
    assert {row["name"] for row in shown if row["effect"] == "none in this version"} == planned


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_setting_it_is_answered_by_a_warning(name):
    warned = [warning.variable for warning in load_settings({name: SAMPLES[name]}).warnings]
    assert warned == [name]
