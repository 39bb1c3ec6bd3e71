"""`amc list`, `doctor`, `db`, `config`, `report`: what an installation says about itself."""

import json
import re
from pathlib import Path

import pytest

from amc_assets.reasons import Reason
from amc_assets.store import engine as store
from amc_assets_tests.cli.conftest import PEAK, Replayed, amc

KINDS = ("detectors", "strategies", "gates", "providers", "assets", "schedules", "sensors", "reasons")


@pytest.mark.parametrize("kind", KINDS)
def test_list_is_objects_with_name_first(kind: str):
    rows = amc("list", kind, "--json").json
    assert isinstance(rows, list)
    assert all(next(iter(row)) == "name" and row["name"] for row in rows)
    assert rows or kind == "sensors"


@pytest.mark.parametrize("kind", KINDS)
def test_list_for_people_has_every_name(kind: str):
    names = [row["name"] for row in amc("list", kind, "--json").json]
    found = amc("list", kind)
    assert found.code == 0
    shown = "".join(found.out.split())
    assert [name for name in names if "".join(name.split()) not in shown] == []


@pytest.mark.parametrize("kind", KINDS)
def test_list_fits_a_terminal_of_80_columns(kind: str, monkeypatch: pytest.MonkeyPatch):
    """No cell falls into a tower of letters: no name takes more than six lines, and every name stands whole."""
    names = [row["name"] for row in amc("list", kind, "--json").json]
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", amc("list", kind).out).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 6 * len(names) + 4
    assert [name for name in names if not any(line.startswith(name) for line in lines)] == []


def test_an_empty_list_is_a_sentence():
    assert amc("list", "sensors").out == "this version has no sensors\n"


@pytest.mark.parametrize("kind", ["schedules", "sensors"])
def test_schedules_and_sensors_say_when(kind: str):
    rows = amc("list", kind, "--json").json
    if kind == "schedules":
        assert {row["name"] for row in rows} >= {"discovery_refresh", "finra_daily_short_volume"}
        assert all(row["timezone"] == "America/New_York" for row in rows)
        assert all(len(row["cron"].split()) == 5 for row in rows)


def test_list_reasons_is_the_enumeration():
    assert [row["name"] for row in amc("list", "reasons", "--json").json] == [str(reason) for reason in Reason]


def test_list_of_something_else_is_a_usage_error():
    found = amc("list", "rumours")
    assert (found.code, found.out) == (2, "")
    assert "'detectors'" in found.talk


def test_doctor_of_a_working_home(replayed: Replayed):
    found = amc("doctor", "--home", replayed.home, "--json").json
    by_name = {item["name"]: item for item in found}
    assert by_name["database"]["status"] == "ok"
    assert by_name["lake daily_bars"]["status"] == "ok"
    assert all(item["next_step"] for item in found if item["status"] != "ok" and item["name"] != "setting")


def test_doctor_without_a_database_server_is_a_failed_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:hidden-word@127.0.0.1:1/amc")
    found = amc("doctor")
    assert found.code == 4
    assert "1 problems: database" in found.talk
    assert "hidden-word" not in found.out + found.err


def test_doctor_of_an_empty_home_says_what_to_do(tmp_path: Path):
    found = amc("doctor", "--home", tmp_path / "fresh")
    assert found.code == 0
    assert "amc demo" in found.out


def test_database_goes_up_down_and_up(tmp_path: Path):
    home = ("--home", tmp_path, "--json")
    head = store.head()
    assert amc("db", "upgrade", *home).json == {"current": head, "head": head}
    assert amc("db", "downgrade", "base", *home).json == {"current": None, "head": head}
    assert "base (no tables)" in amc("db", "current", "--home", tmp_path).out
    assert amc("db", "upgrade", *home).json["current"] == amc("db", "current", *home).json["current"] == head


def test_unknown_revision_is_a_sentence(tmp_path: Path):
    amc("db", "upgrade", "--home", tmp_path)
    found = amc("db", "downgrade", "nonsense", "--home", tmp_path)
    assert (found.code, found.out) == (1, "")
    assert "cannot migrate to 'nonsense'" in found.talk
    assert "Traceback" not in found.err


def test_database_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:hidden-word@127.0.0.1:1/amc")
    found = amc("db", "current")
    assert (found.code, found.out) == (1, "")
    assert "check that the server runs" in found.talk
    assert "hidden-word" not in found.err


@pytest.mark.parametrize("as_json", [False, True])
def test_config_never_prints_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool):
    secrets = {
        "POLYGON_API_KEY": "planted-secret-one",
        "ALPHA_VANTAGE_API_KEY": "planted-secret-two",
        "DATABASE_URL": "postgresql://someone:planted-secret-three@127.0.0.1:1/amc",
        "REDIS_URL": "redis://:planted-secret-four@127.0.0.1:1/0",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    found = amc("config", "show", *(["--json"] if as_json else []))
    assert found.code == 0
    assert "planted-secret" not in found.out + found.err
    assert all(name in found.out for name in secrets)


def test_config_json_names_value_and_origin(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAX_CANDIDATES_PER_DISCOVERY", "7")
    rows = {row["name"]: row for row in amc("config", "show", "--json").json}
    assert rows["MAX_CANDIDATES_PER_DISCOVERY"]["origin"] == "environment"
    assert str(rows["MAX_CANDIDATES_PER_DISCOVERY"]["value"]) == "7"
    assert rows["AMC_HOME"]["origin"] == "default"


def test_setting_out_of_bounds_is_a_usage_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAX_CANDIDATES_PER_DISCOVERY", "-4")
    found = amc("config", "show")
    assert (found.code, found.out) == (2, "")
    assert "MAX_CANDIDATES_PER_DISCOVERY" in found.talk


def test_report_writes_the_page_and_says_where(replayed: Replayed):
    found = amc("report", "--date", PEAK.isoformat(), "--home", replayed.home)
    assert Path(found.out.strip()).read_text(encoding="utf-8").startswith("<!")
    again = amc("report", "--date", PEAK.isoformat(), "--home", replayed.home, "--json").json
    assert again == {"trade_date": PEAK.isoformat(), "report": found.out.strip()}


def test_report_of_a_day_without_a_run_is_not_found(replayed: Replayed):
    found = amc("report", "--date", "2026-07-01", "--home", replayed.home)
    assert (found.code, found.out) == (3, "")


def test_json_survives_a_round_trip(replayed: Replayed):
    found = amc("doctor", "--home", replayed.home, "--json")
    assert json.loads(found.out) == found.json


def test_every_command_says_which_plan_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "plan simulated: no provider key is set" in amc("db", "current", "--home", tmp_path).talk
    monkeypatch.setenv("AMC_PLAN", "keyless")
    assert "plan keyless: " in amc("db", "current", "--home", tmp_path / "real").talk
