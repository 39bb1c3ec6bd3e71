"""Shared base of the variable groups: frozen, unknown keys refused, nothing read behind the caller's back."""

from typing import ClassVar

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class VariableGroup(BaseSettings):
    """Declare variables of one subject; a field is a variable, its annotation all that is known of it."""

    GROUP: ClassVar[str] = ""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        # An error that repeats its input would print keys.
        hide_input_in_errors=True,
        # Four of five classes are only ever parts of Settings: their own validators are never built.
        defer_build=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the caller only: the environment is an argument of `load_settings`."""
        return (init_settings,)
