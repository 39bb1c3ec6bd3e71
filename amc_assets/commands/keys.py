"""`amc keys`: the key vault. Keys come in through a hidden prompt or stdin and never go out on stdout."""

import getpass
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from amc_assets.commands.output import CommandError, Exit, print_json, print_table, result, say
from amc_assets.operations.private_files import create_private
from amc_assets.operations.vault import KeyVault, VaultError
from amc_assets.pipeline.vaulted import ENCRYPTION, open_vault, vault_names
from amc_assets.settings import Settings, SettingsError, load_settings

COLUMNS = ("name", "created_at", "rotated_at", "encryption_key")
LONGEST_KEY = 10_000


def add(settings: Settings, name: str, more: Sequence[str] = ()) -> None:
    """Read a key and keep it under ``name``; refuse one in ``more`` of the command line. Raises CommandError."""
    if more or "=" in name:
        raise CommandError(  # nothing of it is repeated: it may be the key
            "a key is not taken from the command line, which the shell's history keeps and other users can see. "
            "Next: `amc keys add NAME` alone asks for it; if you typed a key, have its provider make a new one",
            Exit.USAGE,
        )
    _check_name(name)
    vault = _vault(settings)
    value = _read_value(name)
    _validated(name, value)
    replaced = vault.add(name, value)
    result(f"{name} {'replaced' if replaced else 'added'} in {vault.path}")
    if settings.origins.get(name) == "environment":
        say(f"warning: {name} is also set in the environment, and that value rules")


def list_keys(settings: Settings, *, as_json: bool) -> None:
    """Print name, dates and encryption key of every key; never a value. Raises VaultError."""
    vault = open_vault(settings)
    rows = [
        {
            "name": entry.name,
            "created_at": entry.created_at.isoformat(timespec="seconds"),
            "rotated_at": entry.rotated_at.isoformat(timespec="seconds") if entry.rotated_at else None,
            "encryption_key": entry.encryption_key,
        }
        for entry in vault.entries()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(f"keys in {vault.path}", rows, COLUMNS)
    if vault.is_open_to_others():
        say(f"warning: {vault.path} may be read by other users of this machine. Next: chmod 600 {vault.path}")
    lost = [str(row["name"]) for row in rows if row["encryption_key"] is None]
    if lost:
        say(f"warning: no key in {ENCRYPTION} opens {', '.join(lost)}. Next: add the older key after the newest")


def rotate(settings: Settings) -> None:
    """Encrypt every key anew under the first encryption key. Raises CommandError, VaultError."""
    vault = _vault(settings)
    count = vault.rotate()
    result(f"{count} keys encrypted anew under the first key of {ENCRYPTION}; the older ones may be dropped from it")


def export(settings: Settings, target: Path) -> None:
    """Write every key to a new file of mode 0600, one ``NAME=value`` per line. Raises CommandError, VaultError."""
    values = _vault(settings).values()
    if not values:
        raise CommandError("the key vault is empty, so there is nothing to export. Next: amc keys add", Exit.NOT_FOUND)
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(values.items())]
    try:
        create_private(target, "".join(lines))
    except FileExistsError as error:
        raise CommandError(
            f"{target} exists and is left as it is. Next: name a file that does not exist", Exit.USAGE
        ) from error
    result(f"{len(values)} keys written to {target} in clear text, mode 0600. Next: delete it when it has been read")


def remove(settings: Settings, name: str) -> None:
    """Forget the key under ``name``. Raises CommandError, VaultError."""
    vault = open_vault(settings)
    try:
        vault.remove(name)
    except VaultError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    result(f"{name} removed from {vault.path}")


def _vault(settings: Settings) -> KeyVault:
    if settings.api_key_encryption_key is None:
        raise CommandError(
            f"{ENCRYPTION} is not set, and the vault is encrypted with it. Next: docs/keys.md says how to make one",
            Exit.USAGE,
        )
    return open_vault(settings)


def _check_name(name: str) -> None:
    names = vault_names()
    if name in names:
        return
    why = f"{name} encrypts the vault and cannot be in it" if name == ENCRYPTION else f"{name!r} is no secret variable"
    raise CommandError(f"{why}. Next: one of {', '.join(names)}", Exit.USAGE)


def _read_value(name: str) -> str:
    """Return the key from a prompt that does not echo, or the first line of stdin when it is no terminal."""
    asked = getpass.getpass(f"{name} (not shown): ") if sys.stdin.isatty() else sys.stdin.readline(LONGEST_KEY)
    value = asked.strip()
    if not value:
        raise CommandError(f"no key for {name} came in. Next: type it at the prompt, or pipe it in", Exit.USAGE)
    return value


def _validated(name: str, value: str) -> None:
    """Refuse what the variable itself would refuse; the sentence never repeats the key."""
    fault = ""
    try:
        load_settings({name: value})
    except SettingsError as error:
        fault = "; ".join(str(problem) for problem in error.problems if problem.variable == name)
    if fault:
        raise CommandError(fault, Exit.USAGE)
