"""`amc keys`: keys come in by prompt or stdin, are used by every command, and never come out on a stream."""

import getpass
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from amc_assets_tests.cli.conftest import Outcome, amc

VALUE = "planted-value-7c1"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home with an encryption key the one of the environment."""
    monkeypatch.setenv("AMC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", OLD)
    return tmp_path / "home"


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Capture what is written past Python's streams, too."""
    return capfd


def piped(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str | Path) -> Outcome:
    """Run `amc` with ``text`` on stdin."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return amc(*arguments)


@pytest.fixture
def filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home whose vault holds one key."""
    assert piped(monkeypatch, f"{VALUE}\n", "keys", "add", "POLYGON_API_KEY").code == 0
    return home


def test_add_reads_stdin_and_says_where(home: Path, monkeypatch: pytest.MonkeyPatch):
    found = piped(monkeypatch, f"  {VALUE}  \nmore\n", "keys", "add", "POLYGON_API_KEY")
    assert (found.code, found.out.strip()) == (0, f"POLYGON_API_KEY added in {home / 'keys.vault'}")
    assert VALUE not in found.out + found.err
    again = piped(monkeypatch, VALUE, "keys", "add", "POLYGON_API_KEY")
    assert "POLYGON_API_KEY replaced" in again.out


def test_add_asks_without_echo_on_a_terminal(home: Path, monkeypatch: pytest.MonkeyPatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal("typed in the clear"))
    monkeypatch.setattr(getpass, "getpass", lambda prompt: asked.append(prompt) or VALUE)
    assert amc("keys", "add", "POLYGON_API_KEY").code == 0
    assert asked == ["POLYGON_API_KEY (not shown): "]
    assert amc("config", "show").code == 0


@pytest.mark.parametrize("arguments", [("POLYGON_API_KEY", VALUE), (f"POLYGON_API_KEY={VALUE}",)])
def test_key_on_the_command_line_is_refused_and_not_repeated(home: Path, arguments: tuple[str, ...]):
    found = amc("keys", "add", *arguments)
    assert (found.code, found.out) == (2, "")
    assert "not taken from the command line" in found.talk
    assert VALUE not in found.err
    assert not (home / "keys.vault").exists()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("POLYGON_API_KEY", "", "no key for POLYGON_API_KEY came in"),
        ("POLYGON_API_KEY", "two words planted-value-7c1", "must be printable ASCII without spaces"),
        ("POLYGON_API_KEY", "your_planted-value-7c1", "is still the sample of the brief"),
        ("SLACK_WEBHOOK_URL", "ftp://planted-value-7c1", "must be an https:// address"),
        ("AMC_HOME", VALUE, "is no secret variable"),
        ("API_KEY_ENCRYPTION_KEY", VALUE, "encrypts the vault and cannot be in it"),
    ],
)
def test_what_the_variable_would_refuse_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
):
    found = piped(monkeypatch, text, "keys", "add", name)
    assert (found.code, found.out) == (2, "")
    assert told in found.talk
    assert VALUE not in found.err
    assert not (home / "keys.vault").exists()


def test_half_of_a_pair_may_be_added_first(home: Path, monkeypatch: pytest.MonkeyPatch):
    assert piped(monkeypatch, VALUE, "keys", "add", "FINRA_CLIENT_ID").code == 0


def test_without_an_encryption_key_nothing_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("API_KEY_ENCRYPTION_KEY")
    found = piped(monkeypatch, VALUE, "keys", "add", "POLYGON_API_KEY")
    assert found.code == 2
    assert "docs/keys.md" in found.talk


def test_list_shows_names_and_dates_only(filled: Path):
    (row,) = amc("keys", "list", "--json").json
    assert set(row) == {"name", "created_at", "rotated_at", "encryption_key"}
    assert (row["name"], row["encryption_key"], row["rotated_at"]) == ("POLYGON_API_KEY", 1, None)
    assert "POLYGON_API_KEY" in amc("keys", "list").out


def test_list_warns_of_an_open_file_and_of_a_lost_key(filled: Path, monkeypatch: pytest.MonkeyPatch):
    (filled / "keys.vault").chmod(0o644)
    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", NEW)
    found = amc("keys", "list")
    assert found.code == 0
    assert "chmod 600" in found.talk
    assert "opens POLYGON_API_KEY" in found.talk


def test_rotate_then_the_old_key_may_go(filled: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", f"{NEW},{OLD}")
    assert "1 keys encrypted anew" in amc("keys", "rotate").out
    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", NEW)
    assert amc("keys", "list", "--json").json[0]["encryption_key"] == 1
    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", OLD)
    assert amc("keys", "rotate").code == 1


def test_export_is_a_file_of_the_owner_that_a_shell_reads(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    odd = "postgresql://u:p%27$x@db.example.org/amc"
    assert piped(monkeypatch, odd, "keys", "add", "DATABASE_URL").code == 0
    target = tmp_path / "keys.env"
    found = amc("keys", "export", "--to", target)
    assert found.code == 0
    assert VALUE not in found.out + found.err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    script = f'set -a; . {target}; printf \'%s %s\' "$POLYGON_API_KEY" "$DATABASE_URL"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={})
    assert shell.stdout == f"{VALUE} {odd}"


@pytest.mark.parametrize("target", ["there.env", "/dev/stdout", "/dev/stderr"])
def test_export_never_writes_to_what_exists(
    filled: Path, tmp_path: Path, said: pytest.CaptureFixture[str], target: str
):
    path = tmp_path / target
    if not path.exists():
        path.write_text("mine")
    found = amc("keys", "export", "--to", path)
    assert found.code == 2
    told = said.readouterr()
    assert VALUE not in found.out + found.err + told.out + told.err
    if path.is_file() and path.is_relative_to(tmp_path):
        assert path.read_text() == "mine"


def test_export_of_nothing_is_not_found(home: Path, tmp_path: Path):
    assert amc("keys", "export", "--to", tmp_path / "x.env").code == 3
    assert not (tmp_path / "x.env").exists()


def test_remove(filled: Path):
    assert "POLYGON_API_KEY removed" in amc("keys", "remove", "POLYGON_API_KEY").out
    assert amc("keys", "remove", "POLYGON_API_KEY").code == 3
    assert amc("keys", "list", "--json").json == []


def test_commands_use_the_key_and_say_where_it_is_from(filled: Path, monkeypatch: pytest.MonkeyPatch):
    found = amc("config", "show", "--json")
    rows = {row["name"]: row for row in found.json}
    assert rows["POLYGON_API_KEY"] == {"name": "POLYGON_API_KEY", "value": "****", "origin": "vault", "effect": "yes"}
    assert "plan free: POLYGON_API_KEY is set" in found.talk
    monkeypatch.setenv("POLYGON_API_KEY", "from-the-environment")
    assert {row["name"]: row["origin"] for row in amc("config", "show", "--json").json}[
        "POLYGON_API_KEY"
    ] == "environment"


def test_added_key_that_the_environment_beats_is_warned_about(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("POLYGON_API_KEY", "from-the-environment")
    found = piped(monkeypatch, VALUE, "keys", "add", "POLYGON_API_KEY")
    assert "that value rules" in found.talk


def test_wrong_encryption_key_stops_other_commands_with_a_sentence(filled: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("API_KEY_ENCRYPTION_KEY", NEW)
    found = amc("config", "show")
    assert (found.code, found.out) == (2, "")
    assert "Next: add the older key after the newest" in found.talk


def test_no_command_prints_the_key(filled: Path, said: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Every command that reads settings, with its talk; the planted print below shows that the net holds."""
    asked = [
        ("keys", "list"), ("keys", "list", "--json"), ("keys", "rotate"), ("config", "show"),
        ("config", "show", "--json"), ("db", "current"), ("doctor", "--offline"), ("doctor", "--offline", "--json"),
        ("fetch", "token", "--date", "2026-11-20"), ("keys", "add", "POLYGON_API_KEY", VALUE),
    ]  # fmt: skip
    shown = ""
    for arguments in asked:
        found = amc(*arguments)
        told = said.readouterr()
        shown += found.out + found.err + told.out + told.err
    assert "POLYGON_API_KEY" in shown
    for secret in (VALUE, OLD):
        assert secret not in shown


def test_that_net_catches_a_planted_print(filled: Path, monkeypatch: pytest.MonkeyPatch):
    from amc_assets.operations.vault import KeyVault

    honest = KeyVault.values

    def leaking(vault: KeyVault) -> dict[str, str]:
        found = honest(vault)
        sys.stderr.write(str(found))
        return found

    monkeypatch.setattr(KeyVault, "values", leaking)
    assert VALUE in amc("config", "show").err


def test_child_process_finds_the_key_without_its_variable(filled: Path):
    """Dagster's run workers are children: what they need is the home and the encryption key, not the key itself."""
    code = "import os; from amc_assets.pipeline.vaulted import vaulted_settings as v; o = v(os.environ).origins; "
    code += "print(*[name for name in o if o[name] == 'vault'])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert ended.stdout.split() == ["POLYGON_API_KEY"]
    assert VALUE not in ended.stdout + ended.stderr


def test_definitions_know_the_key(filled: Path):
    code = "from amc_assets import definitions as d; print(d.defs.resources['workspace'])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert VALUE not in ended.stdout + ended.stderr


def test_help_imports_no_cryptography():
    code = "import sys, amc_assets.cli as c\nsys.argv = ['amc', 'keys', '--help']\ntry:\n    c.main()\n"
    code += "except SystemExit:\n    pass\nsys.stderr.write(str('cryptography' in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.endswith("False")


def test_json_of_the_list_is_one_document(filled: Path):
    assert json.loads(amc("keys", "list", "--json").out)
