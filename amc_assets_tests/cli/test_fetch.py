"""`amc fetch`: one dataset by name, stored where it feeds a table, with an exit code for every end."""

from datetime import date
from pathlib import Path

import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, UNIVERSE
from amc_assets.pipeline.fetching import dataset_named, needs_date
from amc_assets.providers.finra.client import Finra
from amc_assets_tests.cli.conftest import IGNITION, PLANTED, amc

DAY = IGNITION.isoformat()
KEYS = {
    "dataset", "provider", "date", "symbol", "rows", "rejected", "samples", "notes", "source", "age_seconds",
    "is_cached", "stored", "preview",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(small_market: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose lake has the listing of the day."""
    folder = tmp_path_factory.mktemp("fetched")
    assert amc("fetch", "symbol_directory", "--date", DAY, "--home", folder).code == 0
    return folder


def test_dataset_that_feeds_a_table_is_stored(home: Path):
    found = amc("fetch", "grouped_daily", "--date", DAY, "--home", home, "--json").json
    assert set(found) == KEYS
    (stored,) = found["stored"]
    assert (stored["table"], stored["partition"], stored["absent_reason"]) == ("daily_bars", DAY, None)
    assert found["rows"] == stored["rows"] > 100
    assert (found["source"], found["preview"]) == ("polygon.grouped_daily", [])
    lake = Lake(home / "lake")
    assert lake.holds(UNIVERSE, DAY)
    assert lake.vintages(DAILY_BARS, DAY).num_rows == stored["rows"]
    again = amc("fetch", "polygon.grouped_daily", "--date", DAY, "--home", home, "--json").json
    assert again["stored"][0]["rows_new"] == 0


def test_dataset_that_is_only_shown(home: Path):
    found = amc("fetch", "overview", "--date", DAY, "--symbol", PLANTED, "--home", home, "--json").json
    assert set(found) == KEYS
    assert (found["rows"], found["stored"], found["is_cached"]) == (1, [], False)
    assert found["preview"][0]["source_symbol"] == PLANTED
    assert found["age_seconds"] == 0.0


def test_tables_for_people(home: Path):
    found = amc("fetch", "screener", "--date", DAY, "--home", home)
    assert needs_date(dataset_named("screener")) is False
    assert found.code == 0
    assert f"nasdaq.screener {DAY} · " in found.out
    assert "first 10 rows, not stored" in found.out
    stored = amc("fetch", "daily_short_volume", "--date", DAY, "--home", home)
    assert "stored in the lake" in stored.out
    assert "unmapped_symbol" in stored.out or "rejected" not in stored.out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("rumours", "--date", DAY), 2, "is no dataset"),
        (("token", "--date", DAY), 2, "is an access token and no data"),
        (("overview", "--date", DAY), 2, "add --symbol"),
        (("overview", "--date", DAY, "--symbol", "g m e"), 2, "g m e"),
        (("grouped_daily", "--date", "yesterday"), 2, "YYYY-MM-DD"),
        (("grouped_daily",), 2, "is of one day. Next: add --date"),
        (("grouped_daily", "--date", "2026-08-22"), 2, "not a trading day"),
        (("option_chain", "--date", DAY, "--symbol", PLANTED), 2, "does not ask yahoo"),
        (("short_interest", "--date", "2026-11-13"), 3, "not_published"),
        (("overview", "--date", DAY, "--symbol", "ZZZZQ"), 3, "does not know the symbol"),
    ],
)
def test_exit_codes(home: Path, arguments: tuple[str, ...], code: int, told: str):
    found = amc("fetch", *arguments, "--home", home)
    assert found.code == code, found.err
    assert told in found.talk
    assert "Traceback" not in found.err


def test_provider_that_fails_is_code_one(home: Path, monkeypatch: pytest.MonkeyPatch):
    from amc_assets.providers.errors import ServerFault

    def failing(_client: Finra, _day: date) -> None:
        raise ServerFault("finra", "otc_short_volume", "GET x was answered 503", "it is asked again")

    monkeypatch.setattr(Finra, "otc_short_volume", failing)
    monkeypatch.setattr(Finra, "short_volume", failing)
    shown = amc("fetch", "otc_short_volume", "--date", DAY, "--home", home)
    assert (shown.code, shown.out) == (1, "")
    stored = amc("fetch", "daily_short_volume", "--date", "2026-08-21", "--home", home)
    assert stored.code == 1
    assert "provider_unavailable" in stored.talk


def test_nothing_is_opened_for_a_name_that_is_wrong(tmp_path: Path):
    assert amc("fetch", "token", "--date", DAY, "--home", tmp_path / "fresh").code == 2
    assert not (tmp_path / "fresh").exists()
