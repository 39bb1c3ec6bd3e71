"""`.env` of the working folder counts for `amc`; a dispute with the environment is said, values never."""

import os
from pathlib import Path

import pytest

from amc_assets_tests.cli.conftest import amc

TYPED = "not-a-real-one"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Work where no other `.env` is, and leave the environment as it was."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def shown() -> dict[str, dict[str, object]]:
    """Return `amc config show` by variable."""
    return {row["name"]: row for row in amc("config", "show", "--json").json}


def test_a_variable_of_the_file_is_in_force():
    Path(".env").write_text("MAX_CANDIDATES_PER_DISCOVERY=7\n", encoding="utf-8")
    assert shown()["MAX_CANDIDATES_PER_DISCOVERY"]["value"] == "7"


def test_the_environment_beats_the_file_and_the_dispute_is_said(monkeypatch: pytest.MonkeyPatch):
    Path(".env").write_text(f"MAX_CANDIDATES_PER_DISCOVERY=7\nPOLYGON_API_KEY={TYPED}\n", encoding="utf-8")
    monkeypatch.setenv("MAX_CANDIDATES_PER_DISCOVERY", "9")
    found = amc("config", "show")
    assert found.talk.count("warning: MAX_CANDIDATES_PER_DISCOVERY is set in the environment and") == 1
    assert "POLYGON_API_KEY is set in the environment" not in found.talk
    assert TYPED not in found.out + found.err
    assert shown()["MAX_CANDIDATES_PER_DISCOVERY"]["value"] == "9"


def test_doctor_says_that_it_was_read():
    Path(".env").write_text(f"POLYGON_API_KEY={TYPED}\nAMC_PLAN=simulated\n", encoding="utf-8")
    found = amc("doctor", "--offline")
    assert "2 variables read" in found.out
    assert TYPED not in found.out + found.err


def test_without_a_file_doctor_is_silent_about_it():
    assert ".env" not in amc("doctor", "--offline").out
