"""Settings of a process with its key vault: what is set in the environment beats what the vault holds."""

from collections.abc import Mapping
from pathlib import Path

from amc_assets.clock import Clock, SystemClock
from amc_assets.operations.vault import VAULT_FILE, KeyVault
from amc_assets.settings import Settings, SettingsError, SettingsWarning, load_settings, variables

ENCRYPTION = "API_KEY_ENCRYPTION_KEY"
_PLACE = ("AMC_HOME", "HOME", ENCRYPTION)


def vaulted_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an environment and of the key vault in its AMC_HOME, if there is one.

    Every face calls this one. A vault without its encryption key is left out with a warning, one that others may read
    is used with a warning. Raises SettingsError; VaultError when the vault cannot be read or opened.
    """
    place = _place(environ)
    if place is None or not vault_path(place).exists():
        return load_settings(environ)
    vault = open_vault(place)
    if place.api_key_encryption_key is None:
        message = f"is not set: the keys in {vault.path} are not used"
        return _warned(load_settings(environ), SettingsWarning(ENCRYPTION, message))
    settings = load_settings(environ, vault=vault.values())
    if vault.is_open_to_others():
        message = f"may be read by other users of this machine. Next: chmod 600 {vault.path}"
        return _warned(settings, SettingsWarning(VAULT_FILE, message))
    return settings


def vault_path(settings: Settings) -> Path:
    """Return where the key vault of an installation is."""
    return settings.home / VAULT_FILE


def open_vault(settings: Settings, clock: Clock | None = None) -> KeyVault:
    """Return the key vault of an installation under its encryption keys; it need not exist yet."""
    secret = settings.api_key_encryption_key
    keys = [key.strip() for key in secret.get_secret_value().split(",")] if secret else []
    return KeyVault(vault_path(settings), keys, clock or SystemClock())


def vault_names() -> tuple[str, ...]:
    """Return the variables that the vault may hold: every secret but the one that encrypts it."""
    return tuple(doc.name for doc in variables() if doc.is_secret and doc.name != ENCRYPTION)


def _place(environ: Mapping[str, str]) -> Settings | None:
    """Return settings that know the state folder and the encryption keys only; None when those are wrong.

    The whole environment cannot be asked before the vault is open: plan `brief` requires keys that are in it.
    """
    try:
        return load_settings({name: environ[name] for name in _PLACE if name in environ})
    except SettingsError:
        return None


def _warned(settings: Settings, warning: SettingsWarning) -> Settings:
    return settings.model_copy(update={"warnings": (*settings.warnings, warning)})
