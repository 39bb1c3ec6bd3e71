"""The whole of the definitions: the snapshot of the graph, what every asset must say, and what loading them costs."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from amc_assets.definitions import build_definitions
from amc_assets.settings import load_settings
from amc_assets_tests.defs.graph import SNAPSHOT, default_definitions, graph

ROOT = Path(__file__).resolve().parents[2]
UPDATE = "if the change is wanted: python -m amc_assets_tests.defs.graph, then read the difference"

FOR_A_RUN_ONLY = [
    "pandas", "scipy", "statsmodels", "talib", "matplotlib", "exchange_calendars", "textblob", "feedparser",
    "httpx", "alembic", "sqlalchemy", "jinja2", "dagster_postgres", "amc_assets.pipeline.discovery",
]  # fmt: skip


def python(code: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter in ``folder`` with no variable of the project set."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TMPDIR", "SYSTEMROOT"}}
    environment = {**kept, "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *options, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("part", ["assets", "jobs", "schedules", "sensors"])
def test_graph_is_the_recorded_one(part: str) -> None:
    """Names, dependencies, groups, partitions, checks, kinds, jobs and schedules are public."""
    recorded = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert graph(default_definitions())[part] == recorded[part], UPDATE


def test_snapshot_sees_a_new_dependency() -> None:
    """Planted: one more dependency of an asset is a difference."""
    extra = dg.AssetSpec("candidates_copy", deps=["candidates"])
    changed = graph(dg.Definitions.merge(default_definitions(), dg.Definitions(assets=[extra])))
    assert changed["assets"] != json.loads(SNAPSHOT.read_text(encoding="utf-8"))["assets"]


@pytest.mark.parametrize("name", sorted(json.loads(SNAPSHOT.read_text(encoding="utf-8"))["assets"]))
def test_every_asset_says_who_what_and_when(name: str) -> None:
    """Owner, description, kind, group, partitions and one run per backfill; the lake's tables also their columns."""
    found = graph(default_definitions())["assets"][name]
    assert found["owners"] == ["team:amc"]
    assert found["kinds"]
    assert len(found["description"]) > 25
    assert found["group"] in {"provider_data", "volatility", "features", "discovery", "operations"}
    is_of_now = name == "provider_health"
    assert found["partitions"] or is_of_now
    assert found["single_run_backfill"] or is_of_now
    assert found["columns"] or name in {"discovery_report", "provider_health"}


def test_every_schedule_runs_by_default_and_explains_itself() -> None:
    """Dagster's own default is stopped: a fresh installation would wait for ever."""
    for schedule in graph(default_definitions())["schedules"].values():
        assert schedule["status"] == "RUNNING"
        assert schedule["timezone"] == "America/New_York"
        assert schedule["description"]


def test_no_secret_reaches_the_definitions() -> None:
    """Keys of the environment are in no asset, job, schedule, resource config or tag."""
    secrets = {
        "ALPHA_VANTAGE_API_KEY": "planted-alpha-1234567890",
        "POLYGON_API_KEY": "planted-polygon-1234567890",
        "DATABASE_URL": "postgresql://amc:planted-password@127.0.0.1/amc",
    }
    definitions = build_definitions(load_settings(secrets), today=default_today())
    repository = definitions.get_repository_def()
    text = json.dumps(graph(definitions)) + repr(vars(definitions)) + repr(repository.get_top_level_resources())
    text += "".join(repr(job.run_config) + repr(job.tags) for job in repository.get_all_jobs())
    assert not re.search("planted", text)


def default_today() -> date:
    """Return the day of the snapshot."""
    return date(2026, 11, 20)


def test_loading_writes_nothing_says_nothing_and_needs_nothing(tmp_path: Path) -> None:
    """In an empty folder and without a variable: no file, no line on the terminal, beta notices of Dagster included."""
    done = python("import amc_assets.definitions as d; d.defs.get_repository_def()", tmp_path)
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_loading_imports_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every process of Dagster pays for the import; what only a run needs is imported by the run."""
    code = "import sys, amc_assets.definitions; print(*sys.modules)"
    loaded = set(python(code, tmp_path).stdout.split())
    by_dagster = set(python("import sys, dagster; print(*sys.modules)", tmp_path).stdout.split())
    assert {name for name in FOR_A_RUN_ONLY if name in loaded - by_dagster} == set()
    cost = "import time; a = time.process_time(); import {}; print(time.process_time() - a)"
    ours = min(float(python(cost.format("amc_assets.definitions"), tmp_path).stdout) for _ in range(2))
    theirs = min(float(python(cost.format("dagster"), tmp_path).stdout) for _ in range(2))
    with capsys.disabled():
        sys.stdout.write(
            f"\nimport amc_assets.definitions {ours:.2f} s, dagster {theirs:.2f} s CPU: {ours / theirs:.2f} times\n"
        )
