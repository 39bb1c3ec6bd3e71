"""Settings with a vault: what beats what, what is warned about, and that every face uses it."""

import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from amc_assets.operations.vault import VaultError
from amc_assets.pipeline.vaulted import open_vault, vault_names, vaulted_settings
from amc_assets.settings import Plan, load_settings, variables
from amc_assets_tests.house.sources import product

KEY = Fernet.generate_key().decode()
NAME = "POLYGON_API_KEY"
VALUE = "planted-value-7c1"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a home whose vault holds a Polygon key."""
    given = {"AMC_HOME": str(tmp_path), "API_KEY_ENCRYPTION_KEY": KEY}
    open_vault(load_settings(given)).add("POLYGON_API_KEY", VALUE)
    return given


def test_key_of_the_vault_is_in_force(environ: dict[str, str]):
    settings = vaulted_settings(environ)
    assert settings.polygon_api_key is not None
    assert settings.polygon_api_key.get_secret_value() == VALUE
    assert settings.origins[NAME] == "vault"
    assert (settings.plan, settings.plan_reason) == (Plan.FREE, "POLYGON_API_KEY is set")
    assert settings.uses("polygon")


def test_explicit_variable_beats_the_vault(environ: dict[str, str]):
    settings = vaulted_settings({**environ, "POLYGON_API_KEY": "from-the-environment"})
    assert settings.polygon_api_key is not None
    assert settings.polygon_api_key.get_secret_value() == "from-the-environment"
    assert settings.origins[NAME] == "environment"


def test_blank_variable_does_not_beat_the_vault(environ: dict[str, str]):
    assert vaulted_settings({**environ, "POLYGON_API_KEY": "  "}).origins[NAME] == "vault"


def test_vault_serves_the_required_variables_of_plan_brief(environ: dict[str, str]):
    vault = open_vault(load_settings(environ))
    vault.add("ALPHA_VANTAGE_API_KEY", VALUE)
    vault.add("SLACK_WEBHOOK_URL", "https://hooks.example.org/x")
    vault.add("DATABASE_URL", "postgresql://u:p@db.example.org/amc")
    vault.add("REDIS_URL", "redis://redis.example.org/0")
    rest = {"AMC_PLAN": "brief", "SCORING_STRATEGY": "hybrid_v1", "FINRA_API_BASE_URL": "https://api.example.org"}
    settings = vaulted_settings({**environ, **rest})
    assert settings.plan is Plan.BRIEF
    assert settings.database_url.startswith("postgresql")


def test_without_its_encryption_key_the_vault_is_left_out_with_a_warning(environ: dict[str, str]):
    del environ["API_KEY_ENCRYPTION_KEY"]
    settings = vaulted_settings(environ)
    assert settings.polygon_api_key is None
    assert [warning.variable for warning in settings.warnings] == ["API_KEY_ENCRYPTION_KEY"]


def test_wrong_encryption_key_is_an_error(environ: dict[str, str]):
    environ["API_KEY_ENCRYPTION_KEY"] = Fernet.generate_key().decode()
    with pytest.raises(VaultError, match="POLYGON_API_KEY"):
        vaulted_settings(environ)


def test_vault_that_others_may_read_is_warned_about(environ: dict[str, str]):
    (Path(environ["AMC_HOME"]) / "keys.vault").chmod(0o644)
    settings = vaulted_settings(environ)
    assert settings.origins[NAME] == "vault"
    assert ["chmod 600" in str(warning) for warning in settings.warnings] == [True]


def test_no_vault_changes_nothing(tmp_path: Path):
    given = {"AMC_HOME": str(tmp_path), "API_KEY_ENCRYPTION_KEY": KEY}
    assert vaulted_settings(given).origins == load_settings(given).origins
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_beside_a_vault_are_told_all_at_once(environ: dict[str, str]):
    environ |= {"API_KEY_ENCRYPTION_KEY": VALUE, "MAX_CANDIDATES_PER_DISCOVERY": "-1"}
    with pytest.raises(ValueError, match="2 settings are wrong"):
        vaulted_settings(environ)


def test_vault_may_hold_every_secret_but_its_own():
    secrets = {doc.name for doc in variables() if doc.is_secret}
    assert set(vault_names()) == secrets - {"API_KEY_ENCRYPTION_KEY"}


def test_every_face_reads_the_environment_with_its_vault():
    """A face that asked ``load_settings`` itself would not see the keys; the one exception lists and mends them."""
    direct = re.compile(r"(?<!def )load_settings\((?:os\.environ|environ)\)")
    found = {item.path for item in product() if direct.search(item.text)}
    assert found == {"amc_assets/pipeline/vaulted.py", "amc_assets/commands/session.py", "amc_assets/settings/model.py",
                     "amc_assets/settings/__init__.py"}  # fmt: skip
