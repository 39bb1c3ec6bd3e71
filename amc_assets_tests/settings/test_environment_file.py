"""`.env`: what it adds, what it does not change, and which names it disputes."""

from pathlib import Path

from dagster._core.secrets.env_file import get_env_var_dict

from amc_assets.settings.environment_file import added, disputed, file_values

TEXT = "# keys\nexport AMC_PLAN=keyless\nAMC_CONTACT='a b#c'\nEMPTY=\nALONE\nTWICE=${AMC_PLAN}-x\n"


def test_it_is_read_as_dagster_reads_it(tmp_path: Path):
    (tmp_path / ".env").write_text(TEXT, encoding="utf-8")
    found = file_values(tmp_path)
    assert found == get_env_var_dict(str(tmp_path))
    assert found == {"AMC_PLAN": "keyless", "AMC_CONTACT": "a b#c", "EMPTY": "", "TWICE": "keyless-x"}


def test_no_file_sets_nothing(tmp_path: Path):
    assert file_values(tmp_path) == {}


def test_the_environment_wins():
    values = {"AMC_PLAN": "keyless", "AMC_HOME": "here", "AMC_CONTACT": "a@b"}
    environ = {"AMC_PLAN": "free", "AMC_HOME": "here"}
    assert added(values, environ) == {"AMC_CONTACT": "a@b"}
    assert disputed(values, environ) == ("AMC_PLAN",)
