"""The key vault: what is kept, who may read it, what a wrong key or a torn file says, and that no value is shown."""

import json
import multiprocessing
import os
import pickle
import stat
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amc_assets.clock import FixedClock
from amc_assets.operations.private_files import create_private, replace_private
from amc_assets.operations.vault import KeyVault, VaultError

AT = datetime(2026, 11, 20, 21, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 9, tzinfo=UTC)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
VALUE = "planted-value-7c1"


def vault_at(folder: Path, *keys: str, at: datetime = AT) -> KeyVault:
    """Return the vault of a folder under the keys given, newest first."""
    return KeyVault(folder / "keys.vault", keys, FixedClock(at))


def mode_of(path: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def shown(error: BaseException) -> str:
    """Return everything a log, a pickle or a debugger would show of an error."""
    links, link = [], error
    while link is not None:
        links += [str(link), repr(link), repr(link.args)]
        link = link.__cause__ or link.__context__
    return " ".join([*links, *traceback.format_exception(error), str(pickle.dumps(str(error)))])


def test_keeps_and_gives_back(tmp_path: Path):
    vault = vault_at(tmp_path, OLD)
    assert vault.values() == {}
    assert vault.add("POLYGON_API_KEY", VALUE) is False
    assert vault.add("POLYGON_API_KEY", VALUE + "2") is True
    assert vault_at(tmp_path, OLD).values() == {"POLYGON_API_KEY": VALUE + "2"}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(held=st.dictionaries(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=200), max_size=4))
def test_any_text_comes_back_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, held: dict[str, str]):
    folder = tmp_path_factory.mktemp("vault")
    vault = vault_at(folder, OLD)
    for name, value in held.items():
        vault.add(name, value)
    assert vault.values() == held
    assert (
        all(value not in (folder / "keys.vault").read_text() for value in held.values() if len(value) > 8) or not held
    )


def test_file_is_the_owners_alone_whatever_the_umask(tmp_path: Path):
    before = os.umask(0)
    try:
        vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
        create_private(tmp_path / "export.env", VALUE)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "keys.vault") == mode_of(tmp_path / "export.env") == 0o600


def test_file_holds_no_value_in_clear(tmp_path: Path):
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    text = (tmp_path / "keys.vault").read_text(encoding="utf-8")
    assert VALUE not in text
    assert "POLYGON_API_KEY" in text


def test_rotation_lets_the_old_key_go(tmp_path: Path):
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    assert vault_at(tmp_path, NEW, OLD).entries()[0].encryption_key == 2
    assert vault_at(tmp_path, NEW, OLD, at=LATER).rotate() == 1
    (entry,) = vault_at(tmp_path, NEW).entries()
    assert (entry.encryption_key, entry.created_at, entry.rotated_at) == (1, AT, LATER)
    assert vault_at(tmp_path, NEW).values() == {"POLYGON_API_KEY": VALUE}
    with pytest.raises(VaultError, match="not in API_KEY_ENCRYPTION_KEY"):
        vault_at(tmp_path, OLD).values()


def test_rotation_is_all_or_none(tmp_path: Path):
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    vault_at(tmp_path, NEW).add("SLACK_WEBHOOK_URL", VALUE)
    before = (tmp_path / "keys.vault").read_bytes()
    with pytest.raises(VaultError, match="SLACK_WEBHOOK_URL"):
        vault_at(tmp_path, OLD).rotate()
    assert (tmp_path / "keys.vault").read_bytes() == before


def test_wrong_key_is_a_sentence_without_the_value(tmp_path: Path):
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    with pytest.raises(VaultError) as caught:
        vault_at(tmp_path, NEW).values()
    assert "POLYGON_API_KEY" in str(caught.value)
    assert "Next: add the older key" in str(caught.value)
    for secret in (VALUE, OLD, NEW):
        assert secret not in shown(caught.value)


def test_list_survives_a_wrong_key(tmp_path: Path):
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    (entry,) = vault_at(tmp_path, NEW).entries()
    assert entry.encryption_key is None


def test_without_an_encryption_key_nothing_is_kept_or_read(tmp_path: Path):
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    for act in (vault_at(tmp_path).values, vault_at(tmp_path).rotate, lambda: vault_at(tmp_path).add("X", VALUE)):
        with pytest.raises(VaultError, match="needs API_KEY_ENCRYPTION_KEY"):
            act()


def test_token_moved_to_another_name_is_refused(tmp_path: Path):
    """Whoever may write the file could otherwise send the key of one provider to another."""
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    path = tmp_path / "keys.vault"
    content = json.loads(path.read_text())
    content["keys"]["ALPHA_VANTAGE_API_KEY"] = content["keys"].pop("POLYGON_API_KEY")
    path.write_text(json.dumps(content))
    with pytest.raises(VaultError, match="made for another name"):
        vault_at(tmp_path, OLD).values()


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"format": 1}', '{"format": 2, "keys": {}}', '{"format": 1, "keys": []}',
        '{"format": 1, "keys": {"A": {}}}', '{"format": 1, "keys": {"A": {"token": "x", "created_at": "soon", '
        '"rotated_at": null}}}', '{"format": 1, "keys": {"A": null}}', "\x00\x01",
    ],
)  # fmt: skip
def test_torn_or_edited_file_is_a_sentence_and_stays(tmp_path: Path, text: str):
    path = tmp_path / "keys.vault"
    path.write_text(text, encoding="utf-8")
    for act in (vault_at(tmp_path, OLD).values, lambda: vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)):
        with pytest.raises(VaultError, match=r"cannot read the key vault .*Next: restore it") as caught:
            act()
        assert VALUE not in shown(caught.value)
    assert path.read_text(encoding="utf-8") == text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(cut=st.integers(0, 400), flip=st.integers(1, 255))
def test_damaged_file_never_gives_a_wrong_value(tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int):
    folder = tmp_path_factory.mktemp("vault")
    vault_at(folder, OLD).add("POLYGON_API_KEY", VALUE)
    path = folder / "keys.vault"
    body = bytearray(path.read_bytes())
    place = cut % len(body)
    body[place] ^= flip
    for damaged in (bytes(body), bytes(body[:place])):
        path.write_bytes(damaged)
        try:
            found = vault_at(folder, OLD).values()
        except VaultError:
            continue
        assert set(found.values()) <= {VALUE}


def test_remove_and_its_fault(tmp_path: Path):
    vault = vault_at(tmp_path, OLD)
    vault.add("POLYGON_API_KEY", VALUE)
    vault.remove("POLYGON_API_KEY")
    assert vault.values() == {}
    with pytest.raises(VaultError, match="it is empty"):
        vault.remove("POLYGON_API_KEY")


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VaultError, match="cannot lock the key vault"):
        vault_at(tmp_path / "file", OLD).add("POLYGON_API_KEY", VALUE)


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    vault = vault_at(tmp_path, OLD)
    vault.add("POLYGON_API_KEY", VALUE)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VaultError, match=r"No space left on device.*nothing was changed"):
        vault.add("SLACK_WEBHOOK_URL", VALUE)
    monkeypatch.undo()
    assert vault.values() == {"POLYGON_API_KEY": VALUE}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys.vault", "keys.vault.lock"]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path):
    (tmp_path / "keys.vault.tmp-999999").write_text("half")
    vault_at(tmp_path, OLD).add("POLYGON_API_KEY", VALUE)
    assert not (tmp_path / "keys.vault.tmp-999999").exists()


def _add_some(folder: Path, number: int) -> None:
    for turn in range(5):
        vault_at(folder, OLD).add(f"NAME_{number}_{turn}", VALUE)


def test_writers_at_once_lose_nothing(tmp_path: Path):
    workers = [multiprocessing.get_context("fork").Process(target=_add_some, args=(tmp_path, n)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(vault_at(tmp_path, OLD).values()) == 20


def test_open_to_others_is_seen(tmp_path: Path):
    vault = vault_at(tmp_path, OLD)
    assert vault.is_open_to_others() is False
    vault.add("POLYGON_API_KEY", VALUE)
    assert vault.is_open_to_others() is False
    for mode in (0o640, 0o604, 0o620):
        vault.path.chmod(mode)
        assert vault.is_open_to_others() is True


def test_nothing_of_it_shows_a_secret(tmp_path: Path):
    vault = vault_at(tmp_path, OLD)
    vault.add("POLYGON_API_KEY", VALUE)
    told = f"{vault!r} {vault.entries()!r} {vault._read()!r}"
    assert VALUE not in told
    assert OLD not in told
    token = json.loads(vault.path.read_text())["keys"]["POLYGON_API_KEY"]["token"]
    assert token not in told


def test_private_file_is_not_written_through_a_link(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        create_private(tmp_path / "link", VALUE)
    assert not (tmp_path / "elsewhere").exists()
    replace_private(tmp_path / "link", VALUE)
    assert not (tmp_path / "link").is_symlink()


def test_it_is_the_multifernet_of_the_specification(tmp_path: Path):
    vault_at(tmp_path, NEW, OLD).add("POLYGON_API_KEY", VALUE)
    token = json.loads((tmp_path / "keys.vault").read_text())["keys"]["POLYGON_API_KEY"]["token"]
    opened = json.loads(MultiFernet([Fernet(NEW)]).decrypt(token.encode()))
    assert opened == {"name": "POLYGON_API_KEY", "value": VALUE}
