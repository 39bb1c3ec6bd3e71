"""Where state lives: one spelling per place, whatever the working directory and the form given."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from amc_assets.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("given_url", "normal"),
    [
        ("postgresql://u:p@h:5432/amc", "postgresql+psycopg2://u:p@h:5432/amc"),
        ("postgres://u:p@h/amc?sslmode=require", "postgresql+psycopg2://u:p@h/amc?sslmode=require"),
        ("postgresql+psycopg2://u@h/amc", "postgresql+psycopg2://u@h/amc"),
        ("postgresql:///amc?host=/run/postgresql", "postgresql+psycopg2:///amc?host=/run/postgresql"),
        ("sqlite:////data/amc.db", "sqlite:////data/amc.db"),
        ("sqlite:////data/amc.db?timeout=30", "sqlite:////data/amc.db?timeout=30"),
    ],
)
def test_database_address(given_url: str, normal: str):
    assert load_settings({"DATABASE_URL": given_url}).database_url == normal


def test_relative_database_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings({"DATABASE_URL": "sqlite:///x/a.db"}).database_url == f"sqlite:///{tmp_path}/x/a.db"


ODD_NAMES = (
    "a%2Fb",
    "a%20b",
    "100%",
    "a b",
    "a?b",
    "a#b",
    "ü ß 漢",
    "a&b=c;d",
    "a@b:c",
    "[x]",
    "a+b",
    "%25",
    "%3f",
    "file:x",
    "{date}",
)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_lake_and_database_stand_in_the_same_literal_folder(tmp_path: Path, name: str):
    """What reads the address (SQLAlchemy) finds the file beside the lake, whatever signs the folder's name holds."""
    settings = load_settings({"AMC_HOME": str(tmp_path / name)})
    assert settings.home == tmp_path / name
    assert make_url(settings.database_url).database == str(tmp_path / name / "amc.db")
    assert dict(make_url(settings.database_url).query) == {}
    assert settings.lake_url == str(tmp_path / name / "lake")


@given(st.text(alphabet=st.characters(exclude_characters="/"), min_size=1).filter(str.isprintable))
def test_any_folder_name_is_literal(name: str):
    home = Path("/srv") / f"x{name}x"
    assert make_url(load_settings({}, home=home).database_url).database == str(home / "amc.db")


def test_addresses_are_decoded_and_paths_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """DATABASE_URL and a file:// lake are addresses; the folder that a relative one starts from is a path."""
    (tmp_path / "a%2Fb").mkdir()
    monkeypatch.chdir(tmp_path / "a%2Fb")
    here = tmp_path / "a%2Fb"
    assert make_url(load_settings({"DATABASE_URL": "sqlite:///x%20y/a.db"}).database_url).database == f"{here}/x y/a.db"
    assert make_url(load_settings({"DATABASE_URL": "sqlite:////d%3Fe/a.db"}).database_url).database == "/d?e/a.db"
    assert load_settings({"AMC_LAKE_URL": "file:///d%20e/lake"}).lake_url == "/d e/lake"
    assert load_settings({"AMC_LAKE_URL": "/d%20e/lake"}).lake_url == "/d%20e/lake"
    assert load_settings({"AMC_LAKE_URL": "lake"}).lake_url == f"{here}/lake"


PLAIN = st.characters(codec="ascii", exclude_characters="@/?#[]:%", categories=("L", "N", "P"))


@given(st.text(alphabet=PLAIN))
def test_password_reaches_the_driver_unchanged(password: str):
    url = load_settings({"DATABASE_URL": f"postgres://amc:{password}@h/db"}).database_url
    assert (make_url(url).password or "") == password
    assert make_url(url).drivername == "postgresql+psycopg2"


@pytest.mark.parametrize(
    "bad",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/x.db",
        "sqlite:///file:x.db?uri=true",
        "sqlite:///x.db?mode=memory",
        "postgresql+asyncpg://h/db",
        "postgresql://",
        "amc.db",
    ],
)
def test_bad_database_address(bad: str):
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        load_settings({"DATABASE_URL": bad})


def test_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.home == tmp_path / ".amc"
    assert settings.database_url == f"sqlite:///{tmp_path}/.amc/amc.db"
    assert settings.lake_url == f"{tmp_path}/.amc/lake"
    monkeypatch.chdir("/")
    assert settings.home == tmp_path / ".amc"
    assert list(tmp_path.iterdir()) == []


def test_caller_beats_amc_home(tmp_path: Path):
    assert load_settings({"AMC_HOME": "/elsewhere"}, home=tmp_path).home == tmp_path
    assert load_settings({"AMC_HOME": "~/state", "HOME": "/home/ann"}).home == Path("/home/ann/state")


@pytest.mark.parametrize(
    ("given_url", "lake"),
    [
        ("/data/lake/", "/data/lake"),
        ("file:///data/lake", "/data/lake"),
        ("s3://bucket/amc/", "s3://bucket/amc"),
    ],
)
def test_lake(given_url: str, lake: str):
    assert load_settings({"AMC_LAKE_URL": given_url}).lake_url == lake


def test_addresses_lose_their_last_slash():
    assert load_settings({"POLYGON_BASE_URL": "https://api.massive.com/"}).polygon_base_url == "https://api.massive.com"


def test_fernet_keys_rotate():
    old, new = "A" * 43 + "=", "B" * 42 + "A="
    both = load_settings({"API_KEY_ENCRYPTION_KEY": f"{new}, {old}"}).api_key_encryption_key
    assert both is not None


@pytest.mark.parametrize("contact", ["ann@example.org", "Ann (https://example.org/bot)"])
def test_contact(contact: str):
    assert load_settings({"AMC_CONTACT": contact}).contact == contact


def test_webhook_to_this_machine_may_be_plain():
    assert load_settings({"SLACK_WEBHOOK_URL": "http://127.0.0.1:8080/hook"}).slack_webhook_url
