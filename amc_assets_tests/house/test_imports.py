"""The direction of imports: a pure core, a thin shell, rooms that know only what stands below them."""

import pytest

from amc_assets_tests.house.imports import ALLOWED, forbidden_imports, imported, room_of
from amc_assets_tests.house.sources import ROOT, Source, product, source


@pytest.mark.parametrize("item", product(), ids=lambda item: item.path)
def test_file_imports_only_what_its_room_may(item: Source):
    assert forbidden_imports(item) == [], f"{item.path}: see ALLOWED in amc_assets_tests/house/imports.py"


def test_every_room_is_in_the_table():
    rooms = {room_of(item) for item in product()} - {""}
    assert rooms - set(ALLOWED) == set()


def test_table_has_no_cycle_between_pure_rooms():
    def reaches(room: str, goal: str, seen: frozenset[str] = frozenset()) -> bool:
        below = {name.split(".")[0] for name in ALLOWED[room]} - seen
        return goal in below or any(reaches(name, goal, seen | {room}) for name in below if name in ALLOWED)

    pure = [room for room in ALLOWED if room not in {"defs", "definitions"}]
    assert [room for room in pure if reaches(room, room)] == []


@pytest.mark.parametrize(
    ("path", "statement", "named"),
    [
        ("amc_assets/features/x.py", "import dagster as dg", "dagster"),
        ("amc_assets/commands/x.py", "from dagster_postgres.storage import S", "dagster_postgres.storage"),
        ("amc_assets/lake/x.py", "from amc_assets.features.snapshot import Snapshot", "features.snapshot"),
        ("amc_assets/providers/x.py", "def f():\n    from amc_assets.lake.store import Lake", "lake.store"),
        ("amc_assets/providers/x.py", "from amc_assets import store", "store"),
        ("amc_assets/features/x.py", "from amc_assets.lake import store", "lake.store"),
        ("amc_assets/detectors/x.py", "from amc_assets.strategies import score", "strategies"),
        ("amc_assets/detectors/x.py", "import amc_assets.lake.tables", "lake.tables"),
        ("amc_assets/strategies/x.py", "from ..pipeline import screen", "pipeline"),
        ("amc_assets/evaluation/x.py", "from amc_assets.pipeline.panel import panel", "pipeline.panel"),
        ("amc_assets/report/x.py", "from amc_assets.strategies.gates import Gate", "strategies.gates"),
        ("amc_assets/pipeline/x.py", "from amc_assets.commands.output import say", "commands.output"),
        ("amc_assets/pipeline/x.py", "from amc_assets.defs import running", "defs.running"),
        ("amc_assets/commands/x.py", "from amc_assets.defs.schedules import build", "defs.schedules"),
        ("amc_assets/attic/x.py", "import json", "room attic is not in the table"),
    ],
)
def test_planted_import_is_caught(path: str, statement: str, named: str):
    found = forbidden_imports(source(path, statement))
    assert any(name.startswith(named) for name in found)


def test_command_line_imports_its_commands_only_inside_functions():
    item = source("amc_assets/cli.py", (ROOT / "amc_assets" / "cli.py").read_text(encoding="utf-8"))
    top = source(item.path, "\n".join(line for line in item.text.splitlines() if line.startswith(("import", "from"))))
    assert [name for name in imported(top) if name.startswith("amc_assets")] == []
    assert any(name.startswith("amc_assets.commands") for name in imported(item))
