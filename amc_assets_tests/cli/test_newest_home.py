"""What was replayed is found afterwards: without a folder named, in the one written last, and never silently."""

import re
from pathlib import Path

import pytest

from amc_assets.commands.newest_home import NewestHome, newest_home, remember
from amc_assets_tests.cli.conftest import amc
from amc_assets_tests.replay.recorded_folders import small_folder

DAY = "2019-06-05"


@pytest.fixture(scope="module")
def replayed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Replay a small recorded folder from a working folder of its own and return that folder."""
    place = tmp_path_factory.mktemp("newest")
    data = small_folder(place / "small")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("AMC_HOME", raising=False)
        found = amc("replay", "--data", data, "--from", DAY, "--to", DAY)
    assert found.code == 0, found.err
    (place / "out.txt").write_text(found.out, encoding="utf-8")
    return place


@pytest.fixture(autouse=True)
def _there(replayed_folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(replayed_folder)


def test_replay_prints_the_last_list_the_folder_the_report_and_the_next_command(replayed_folder: Path):
    out = (replayed_folder / "out.txt").read_text(encoding="utf-8")
    home = replayed_folder / ".amc" / "replay" / "small-2019"
    assert re.search(rf"^{DAY} regular · unified_detectors · real data", out, re.MULTILINE)
    assert f"folder: {home}\n" in out
    report = re.search(r"^report: (.+)$", out, re.MULTILINE)
    assert report is not None
    assert Path(report[1]).is_file()
    command = re.search(r"^next: `amc (explain \S+ --date \S+ --home \S+)`$", out, re.MULTILINE)
    assert command is not None
    assert str(home) in command[1]


@pytest.mark.parametrize("command", [("screen",), ("report",), ("lookahead",)])
def test_the_folder_written_last_is_read_and_said(replayed_folder: Path, command: tuple[str, ...]):
    found = amc(*command, "--date", DAY)
    assert found.code in {0, 3}
    assert f"has no run of {DAY}: reading the recorded market of `amc replay` in " in found.talk
    assert "there is no lake" not in found.talk


def test_a_named_folder_is_taken_as_it_is(replayed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert amc("screen", "--date", DAY, "--home", tmp_path).code == 3
    monkeypatch.setenv("AMC_HOME", str(replayed_folder / ".amc"))
    found = amc("screen", "--date", DAY)
    assert found.code == 3
    assert "reading" not in found.talk
    assert f"Next: add --home {replayed_folder}/.amc/replay/small-2019" in found.talk


def test_a_day_that_nobody_has_stays_not_found():
    found = amc("screen", "--date", "2019-06-04")
    assert found.code == 3
    assert "reading" not in found.talk


def test_a_note_that_cannot_be_read_is_none(tmp_path: Path):
    for text in ("", "[]", "{}", '{"home": 1}'):
        (tmp_path / "newest-home.json").write_text(text, encoding="utf-8")
        assert newest_home(tmp_path) is None
    assert "simulated market of `amc demo` in x" in NewestHome("x", "amc demo", "m", True, "").what


def test_a_state_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("AMC_HOME", str(tmp_path / "file" / "below"))
    remember(NewestHome("x", "amc demo", "m", True, ""))
    assert capsys.readouterr().err.startswith("warning: later commands need --home x: ")
