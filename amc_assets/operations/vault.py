"""The key vault: provider keys encrypted at rest in one file, under the keys of API_KEY_ENCRYPTION_KEY.

Fernet (AES-128-CBC and HMAC-SHA256) by the ``cryptography`` package; MultiFernet reads with every key given and writes
with the first. What is encrypted is the name and the value together: a token moved to another name is refused, so
nobody who may write the file can send one provider's key to another.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amc_assets.clock import Clock
from amc_assets.operations.private_files import is_open_to_others, locked, replace_private

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet

VAULT_FILE = "keys.vault"
FORMAT = 1


class VaultError(Exception):
    """The key vault cannot be used: the message names the file, why, and what to do; never a value."""


@dataclass(frozen=True)
class Sealed:
    """One key at rest: its encrypted text, when it was added, when it was last encrypted anew (None: never)."""

    token: str = field(repr=False)
    created_at: datetime
    rotated_at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """What may be shown of a key: ``encryption_key`` counts from 1 = newest, None when no key given opens it."""

    name: str
    created_at: datetime
    rotated_at: datetime | None
    encryption_key: int | None


class KeyVault:
    """The vault at ``path`` under ``encryption_keys`` (Fernet keys, newest first). Opening reads nothing yet."""

    def __init__(self, path: Path, encryption_keys: Sequence[str], clock: Clock) -> None:
        self.path = path
        self._encryption_keys = tuple(encryption_keys)
        self._clock = clock

    def __repr__(self) -> str:
        """Return the place only."""
        return f"KeyVault({str(self.path)!r}, {len(self._encryption_keys)} encryption keys)"

    def values(self) -> dict[str, str]:
        """Return every name with its key in clear text: to be used, never shown. Raises VaultError."""
        return {name: self._opened(name, item) for name, item in self._read().items()}

    def entries(self) -> list[Entry]:
        """Return what may be shown, by name; it never fails for a wrong encryption key. Raises VaultError."""
        fernets = self._fernets()
        return [
            Entry(name, item.created_at, item.rotated_at, _opener(fernets, item.token))
            for name, item in sorted(self._read().items())
        ]

    def is_open_to_others(self) -> bool:
        """Return whether other users of the machine may read the file."""
        return is_open_to_others(self.path)

    def add(self, name: str, value: str) -> bool:
        """Keep ``value`` under ``name``; return whether it replaced an older one. Raises VaultError."""
        token = self._sealed(name, value)
        with _writing(self.path):
            held = self._read()
            is_known = name in held
            self._write({**held, name: Sealed(token, self._clock.now())})
        return is_known

    def remove(self, name: str) -> None:
        """Forget ``name``. Raises VaultError when it is not there."""
        with _writing(self.path):
            held = self._read()
            if name not in held:
                known = ", ".join(sorted(held)) or "it is empty"
                raise VaultError(f"{name} is not in the key vault {self.path} (in it: {known}). Next: amc keys list")
            self._write({key: item for key, item in held.items() if key != name})

    def rotate(self) -> int:
        """Encrypt every key anew under the first encryption key; return how many. All or none: raises VaultError."""
        with _writing(self.path):
            held = self._read()
            now = self._clock.now()
            renewed = {
                name: replace(item, token=self._sealed(name, self._opened(name, item)), rotated_at=now)
                for name, item in held.items()
            }
            self._write(renewed)
        return len(renewed)

    def _fernets(self) -> "list[Fernet]":
        from cryptography.fernet import Fernet  # noqa: PLC0415 - 60 ms of import that only a vault in use pays

        return [Fernet(key) for key in self._encryption_keys]

    def _box(self) -> "MultiFernet":
        from cryptography.fernet import MultiFernet  # noqa: PLC0415 - as above

        if not self._encryption_keys:
            raise VaultError(
                f"the key vault {self.path} needs API_KEY_ENCRYPTION_KEY, which is not set. Next: set it to the key "
                "that the vault was made with, or make one as docs/keys.md says"
            )
        return MultiFernet(self._fernets())

    def _sealed(self, name: str, value: str) -> str:
        return self._box().encrypt(json.dumps({"name": name, "value": value}).encode()).decode()

    def _opened(self, name: str, item: Sealed) -> str:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

        box = self._box()
        try:
            content = json.loads(box.decrypt(item.token.encode()))
        except (InvalidToken, ValueError):
            content = None  # outside this block nothing of the failed text hangs on the error
        if content is None:
            raise VaultError(
                f"{name} in the key vault {self.path} was encrypted with a key that is not in API_KEY_ENCRYPTION_KEY, "
                f"or was changed. Next: add the older key after the newest, or `amc keys remove {name}` and add it anew"
            )
        if content["name"] != name:
            raise VaultError(
                f"the text under {name} in the key vault {self.path} was made for another name: the file was edited. "
                f"Next: `amc keys remove {name}`, add it anew, and find out who edited the file"
            )
        return str(content["value"])

    def _read(self) -> dict[str, Sealed]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise VaultError(f"cannot read the key vault {self.path}: {_why(error)}. Next: {_REPAIR}") from error
        try:
            return _parsed(text)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise VaultError(f"cannot read the key vault {self.path}: {_why(error)}. Next: {_REPAIR}") from None

    def _write(self, held: Mapping[str, Sealed]) -> None:
        keys = {
            name: {
                "token": item.token,
                "created_at": item.created_at.isoformat(),
                "rotated_at": item.rotated_at.isoformat() if item.rotated_at else None,
            }
            for name, item in sorted(held.items())
        }
        try:
            replace_private(self.path, json.dumps({"format": FORMAT, "keys": keys}, indent=1) + "\n")
        except OSError as error:
            raise VaultError(
                f"cannot write the key vault {self.path}: {_why(error)}. Next: check that AMC_HOME is writable and has "
                "space; nothing was changed"
            ) from error


_REPAIR = "restore it from a backup, or delete it and add the keys again; nothing was changed"


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Hold the lock of the vault; an error of the lock becomes a sentence."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path))
        except OSError as error:
            what = f"cannot lock the key vault {path}: {_why(error)}"
            raise VaultError(f"{what}. Next: make AMC_HOME writable") from error
        yield


def _parsed(text: str) -> dict[str, Sealed]:
    content = json.loads(text)
    if content["format"] != FORMAT:
        raise ValueError(f"it is of format {content['format']!r}, this version reads {FORMAT}")
    return {name: _sealed_of(item) for name, item in content["keys"].items()}


def _sealed_of(item: Mapping[str, Any]) -> Sealed:
    rotated_at = item["rotated_at"]
    return Sealed(
        str(item["token"]),
        datetime.fromisoformat(item["created_at"]),
        datetime.fromisoformat(rotated_at) if rotated_at else None,
    )


def _opener(fernets: "Sequence[Fernet]", token: str) -> int | None:
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

    for place, fernet in enumerate(fernets, start=1):
        try:
            fernet.decrypt(token.encode())
        except InvalidToken:
            continue
        return place
    return None


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, json.JSONDecodeError):  # its text may quote the file
        return f"it is no JSON (line {error.lineno}): torn or edited"
    return f"it is not a vault ({error})" if isinstance(error, ValueError) and error.args else "it is not a vault"
