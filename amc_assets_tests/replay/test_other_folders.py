"""Whole replays of other folders than that of January 2021, through `amc replay`: another year, some files absent."""

import gzip
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHORT_VOLUME
from amc_assets.reasons import Reason
from amc_assets_tests.cli.conftest import Outcome, amc
from amc_assets_tests.replay.recorded_folders import DESCRIPTION, folder_from_history, small_folder

HOME_OF = {"small": "small-2019", "cut": "cut-from-history-2019"}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AMC_HOME", "AMC_LAKE_URL", "DATABASE_URL", "DAGSTER_HOME", "AMC_PLAN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AMC_HOME", str(tmp_path / "home"))


def replayed(folder: Path, first: str, last: str, *more: str) -> Outcome:
    """Replay the sessions of a folder."""
    return amc("replay", "--data", folder, "--from", first, "--to", last, *more)


def test_a_folder_of_another_year_replays_without_touching_code(tmp_path: Path) -> None:
    """Three sessions of 2019: own watch list, own home, no float, screener or fails, one short-volume file missing."""
    folder = small_folder(tmp_path / "small")
    found = replayed(folder, "2019-06-03", "2019-06-05")
    assert found.code == 0, found.err
    assert "Traceback" not in found.err
    lines = [line.split() for line in found.out.splitlines() if line.startswith("2019-06-0") and "·" not in line]
    assert {line[0] for line in lines} == {"2019-06-03", "2019-06-04", "2019-06-05"}
    assert {line[2] for line in lines} == {"QAB", "QAC"}, "the watch list of the folder, none of January 2021"
    home = tmp_path / "home" / "replay" / HOME_OF["small"]
    screen = amc("screen", "--home", home, "--date", "2019-06-05", "--full", "--json").json
    assert screen["is_simulated"] is False
    assert len(screen["ranked"]) == 40
    reasons = {item["name"]: item["reason"] for item in screen["inputs"]}
    absent = ("share_counts", "splits", "options", "news", "trade_halts", "threshold_list", "fails_to_deliver")
    assert {name: reasons[name] for name in absent} == dict.fromkeys(absent, "not_recorded")
    assert {name: reasons[name] for name in ("daily_bars", "short_volume", "short_interest")} == dict.fromkeys(
        ("daily_bars", "short_volume", "short_interest")
    )
    missing_file = Lake.at(str(home / "lake")).absence(SHORT_VOLUME, "2019-06-04")
    assert missing_file is not None
    assert (missing_file.reason, "2019-06-04 was not recorded" in missing_file.detail) == (Reason.NOT_RECORDED, True)


def test_the_first_day_of_a_folder_has_short_history_not_an_error(tmp_path: Path) -> None:
    """No report is public yet and no window is full: missing values, no shape error."""
    folder = small_folder(tmp_path / "small")
    found = replayed(folder, "2019-03-01", "2019-03-01")
    assert found.code == 0, found.err
    home = tmp_path / "home" / "replay" / HOME_OF["small"]
    explained = amc("explain", "QAB", "--home", home, "--date", "2019-03-01", "--json").json
    assert "short_history" in str(explained)
    screen = amc("screen", "--home", home, "--date", "2019-03-01", "--json").json
    reasons = {item["name"]: item["reason"] for item in screen["inputs"]}
    assert reasons["short_interest"] == "not_recorded"
    assert reasons["daily_bars"] is None


def test_days_outside_the_folder_are_a_sentence(tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "small")
    for first, last in (("2019-02-28", "2019-03-05"), ("2019-06-27", "2019-07-02"), ("2021-01-26", "2021-01-27")):
        found = replayed(folder, first, last)
        assert (found.code, found.out) == (2, "")
        assert (
            "is not inside the small-2019 market, which has complete sessions from 2019-03-01 to 2019-06-28"
            in found.talk
        )
        assert "Next:" in found.talk


def test_a_broken_description_or_file_is_a_sentence(tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "small")
    (folder / "market.toml").write_text(DESCRIPTION.replace("daily.parquet", "gone.parquet"), encoding="utf-8")
    found = replayed(folder, "2019-06-03", "2019-06-03")
    assert (found.code, found.out) == (2, "")
    assert "bars: 'bars/gone.parquet' is not there" in found.talk


@pytest.mark.real_data
@pytest.mark.slow
def test_sixty_names_cut_from_the_history_of_2019_replay(shared_data: Path, tmp_path: Path) -> None:
    """True bars on the basis of 2021 with their splits, short interest as reported, every other short-volume file."""
    history = shared_data / "history"
    reports = pq.read_table(history / "short_interest.parquet", columns=["symbol", "settlement_date"])
    of_may = [row["symbol"] for row in reports.to_pylist() if row["settlement_date"] == date(2019, 5, 15)]
    symbols = [*sorted(of_may)[::70][:57], "AMC", "KOSS", "TSLA"]
    folder = folder_from_history(tmp_path / "cut", history, symbols)
    found = replayed(folder, "2019-06-04", "2019-06-06")
    assert found.code == 0, found.err
    home = tmp_path / "home" / "replay" / HOME_OF["cut"]
    explained = amc("explain", "TSLA", "--home", home, "--date", "2019-06-05", "--json").json
    assert explained["symbol"] == "TSLA"
    lake = Lake.at(str(home / "lake"))
    bars = lake.vintages(DAILY_BARS, "2019-06-05").to_pylist()
    tesla = next(row for row in bars if row["symbol"] == "TSLA")
    assert tesla["close_usd"] == pytest.approx(196.59, abs=0.01), "as traded: the 5-for-1 of August 2020 is put back"
    assert tesla["basis_date"] == date(2019, 6, 5)


@pytest.mark.real_data
@pytest.mark.slow
def test_the_first_recorded_day_of_the_shared_folder_replays(shared_data: Path, tmp_path: Path) -> None:
    found = replayed(shared_data, "2020-07-01", "2020-07-01")
    assert found.code == 0, found.err
    home = tmp_path / "home" / "replay" / "us-equities-2020-07..2021-03"
    screen = amc("screen", "--home", home, "--date", "2020-07-01", "--full", "--json").json
    assert len(screen["ranked"]) > 4_000
    explained = amc("explain", "GME", "--home", home, "--date", "2020-07-01", "--json").json
    assert "short_history" in str(explained)


@pytest.mark.real_data
@pytest.mark.slow
def test_files_that_stand_in_for_a_feed_are_named_on_the_page(shared_data: Path, tmp_path: Path) -> None:
    found = replayed(shared_data, "2021-01-26", "2021-01-26")
    assert found.code == 0, found.err
    home = tmp_path / "home" / "replay" / "us-equities-2020-07..2021-03"
    screen = amc("screen", "--home", home, "--date", "2021-01-26", "--json").json
    (line,) = [item for item in screen["inputs"] if item["name"] == "short_volume"]
    assert line["source"] == "nyse_short_volume (for finra.daily_short_volume)"


def test_a_broken_file_is_found_before_anything_runs(tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "small")
    (folder / "finra" / "shrt20190531.csv.gz").write_bytes(gzip.compress(b"x")[:9])
    found = replayed(folder, "2019-06-03", "2019-06-03")
    assert (found.code, found.out) == (2, "")
    assert "Traceback" not in found.err
    assert "shrt20190531.csv.gz is no complete gzip file" in found.talk
