"""DAGSTER_HOME: taken as Dagster takes it, refused with one sentence."""

from pathlib import Path

import pytest

from amc_assets.settings.dagster_home import DagsterHomeError, dagster_home


def test_what_dagster_takes_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "d").mkdir()
    assert dagster_home({}) is None
    assert dagster_home({"DAGSTER_HOME": ""}) is None
    assert dagster_home({"DAGSTER_HOME": str(tmp_path)}) == tmp_path
    assert dagster_home({"DAGSTER_HOME": "~/d"}) == tmp_path / "d"


def test_a_relative_folder_is_refused_with_the_absolute_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    for text in ("d", "./d", ".", " "):
        with pytest.raises(DagsterHomeError, match=r"a relative path.* Next: set it to /.* or unset it"):
            dagster_home({"DAGSTER_HOME": text})


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    for name in ("gone", "file"):
        with pytest.raises(DagsterHomeError, match=r"no such folder exists\. Next: create it, or unset it"):
            dagster_home({"DAGSTER_HOME": str(tmp_path / name)})
