"""What a file imports, at any depth, and which rooms may import which."""

import ast
from collections.abc import Iterator, Mapping

from amc_assets_tests.house.sources import Source

PACKAGE = "amc_assets"

EVERYTHING_PURE = (
    "clock", "private", "reasons", "settings", "market", "providers", "lake", "features", "detectors", "strategies",
    "evaluation", "experiments", "operations", "store", "replay", "report",
)  # fmt: skip

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "clock": (),
    "reasons": (),
    "private": (),
    "settings": ("reasons",),
    "market": ("reasons", "clock"),
    "lake": ("reasons", "clock", "private"),
    "store": ("clock", "private", "reasons"),
    "providers": ("clock", "market", "private", "reasons"),
    "features": ("market", "reasons", "lake.schema", "lake.tables", "lake.arrow_types"),
    "detectors": ("features", "reasons"),
    "strategies": ("detectors", "features", "reasons"),
    "evaluation": ("features", "market", "reasons"),
    "experiments": ("evaluation", "reasons"),
    "operations": ("clock", "private", "reasons", "store"),
    "replay": ("clock", "market"),
    "report": ("features", "reasons"),
    "pipeline": EVERYTHING_PURE,
    "defs": (*EVERYTHING_PURE, "pipeline", "definitions"),
    "definitions": ("clock", "market", "settings", "defs", "pipeline"),
    "commands": (*EVERYTHING_PURE, "pipeline", "defs.running", "defs.catalog"),
    "cli": ("commands",),
}
"""Room -> rooms (or single modules) it may import; its own room always. A room that is not here may not exist."""

DAGSTER_ROOMS = ("defs", "definitions")


def imported(item: Source) -> Iterator[str]:
    """Yield every imported name, dotted, wherever the statement stands: inside functions and type checks too."""
    for node in ast.walk(item.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*item.module.split(".")[: -node.level], *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room_of(item: Source) -> str:
    """Return the first part of a module under the package."""
    return item.module.split(".")[1] if "." in item.module else ""


def forbidden_imports(item: Source) -> list[str]:
    """Return what a file imports against the table or the rule about dagster."""
    room = room_of(item)
    if not room:
        return [name for name in imported(item) if name.startswith(f"{PACKAGE}.")]
    allowed = ALLOWED.get(room)
    if allowed is None:
        return [f"room {room} is not in the table"]
    permitted = [room, *allowed]
    inside = [name.removeprefix(f"{PACKAGE}.") for name in imported(item) if name.startswith(f"{PACKAGE}.")]
    wrong = [name for name in inside if not any(_covers(permit, name) for permit in permitted)]
    if room not in DAGSTER_ROOMS:
        wrong += [name for name in imported(item) if name.split(".")[0].split("_")[0] == "dagster"]
    return sorted(set(wrong))


def _covers(permit: str, name: str) -> bool:
    return name == permit or name.startswith(f"{permit}.")
