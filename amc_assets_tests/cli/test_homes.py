"""Homes with odd names, and a DAGSTER_HOME that Dagster does not take: one literal folder, one sentence."""

import json
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

from amc_assets.defs.instance_storage import SelectedStorage
from amc_assets_tests.cli.conftest import amc
from amc_assets_tests.replay.recorded_folders import small_folder

ODD = "a%2Fb ü?#%20c"


def test_everything_of_a_replay_stands_in_the_literal_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Lake and database by AMC_HOME; nothing beside it, where a decoded name would lead."""
    home = tmp_path / "state" / ODD
    monkeypatch.setenv("AMC_HOME", str(home))
    folder = small_folder(tmp_path / "small")
    found = amc("replay", "--data", folder, "--from", "2019-06-05", "--to", "2019-06-05")
    assert found.code == 0, found.err
    assert [path.name for path in (tmp_path / "state").iterdir()] == [ODD]
    own = home / "replay" / "small-2019"
    assert (own / "amc.db").is_file()
    assert (own / "lake" / "daily_bars").is_dir()
    assert amc("screen", "--home", own, "--date", "2019-06-05", "--json").json["trade_date"] == "2019-06-05"


def test_dagster_keeps_its_history_in_the_literal_home(tmp_path: Path):
    """Runs, events and schedules; events open their file anew for every run."""
    base = tmp_path / "state" / ODD / "dagster"
    storage = {
        "module": SelectedStorage.__module__, "class": SelectedStorage.__name__, "config": {"base_dir": str(base)},
    }  # fmt: skip
    (tmp_path / "empty").mkdir()
    reference = InstanceRef.from_dir(str(tmp_path / "empty"), overrides={"storage": {"custom": storage}})

    @dg.job
    def nothing() -> None:
        """Run no step."""

    with dg.DagsterInstance.from_ref(reference) as instance:
        assert nothing.execute_in_process(instance=instance).success
        assert len(instance.get_runs()) == 1
    assert [path.name for path in (tmp_path / "state").iterdir()] == [ODD]
    files = {path.name for path in base.rglob("*.db")}
    assert {"runs.db", "index.db", "schedules.db"} <= files
    assert len(files) >= 4, "the events of the run have a file of their own"


SENTENCE = "DAGSTER_HOME is 'relative', a relative path, and Dagster takes absolute ones only. Next: set it to"


@pytest.mark.parametrize("command", [("demo",), ("replay", "--from", "2026-08-24", "--to", "2026-08-24")])
def test_a_relative_dagster_home_is_a_sentence(
    small_market: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "relative")
    found = amc(*command, "--home", tmp_path / "home")
    assert (found.code, found.out) == (2, "")
    assert SENTENCE in found.talk
    assert "Traceback" not in found.err
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "relative")
    found = amc("doctor", "--offline", "--home", tmp_path / "home", "--json")
    assert found.code == 4
    (finding,) = [row for row in json.loads(found.out) if row["name"] == "dagster home"]
    assert (finding["status"], finding["found"]) == ("problem", SENTENCE.partition(". Next: ")[0])
    assert finding["next_step"].startswith(f"set it to {tmp_path}/relative, or unset it")
