"""The frozen settings of one process: every variable as a typed attribute, and what follows from them."""

from collections.abc import Mapping
from typing import NoReturn

from pydantic import Field

from amc_assets.settings.addresses import normal_database, normal_lake
from amc_assets.settings.limits import ProviderLimits, limits_of
from amc_assets.settings.names import KNOWN_PROVIDERS, Origin, Plan
from amc_assets.settings.plans import KEY_OF_PROVIDER, PLAN_SOURCES
from amc_assets.settings.problems import SettingsWarning
from amc_assets.settings.variables_discovery import (
    DiscoveryVariables,
    ExperimentVariables,
    FreshnessVariables,
)
from amc_assets.settings.variables_installation import DevelopmentVariables, InstallationVariables
from amc_assets.settings.variables_operations import CacheVariables, MonitoringVariables
from amc_assets.settings.variables_providers import (
    AlphaVantageVariables,
    FinraVariables,
    OpenSourceVariables,
    PolygonVariables,
)


class Settings(
    InstallationVariables,
    FinraVariables,
    AlphaVantageVariables,
    PolygonVariables,
    OpenSourceVariables,
    DiscoveryVariables,
    ExperimentVariables,
    FreshnessVariables,
    CacheVariables,
    MonitoringVariables,
    DevelopmentVariables,
):
    """Hold the values in force; build it with `load_settings`, an instance without arguments is the defaults.

    Attributes named after a variable (`max_candidates_per_discovery`, ...) are the values in force: with
    AMC_ENV=dev the `DEV_*` values are already in place. Secrets are `SecretStr`; `repr`, `str`, `model_dump`
    and JSON hide them and pickling is refused.
    """

    plan_reason: str = "no provider key is set"
    origins: Mapping[str, Origin] = Field(default_factory=dict)
    warnings: tuple[SettingsWarning, ...] = ()

    @property
    def is_simulated(self) -> bool:
        """Say whether rows written now carry `is_simulated`; one mocked provider is enough."""
        return self.plan is Plan.SIMULATED or any(map(self.is_mocked, KNOWN_PROVIDERS))

    @property
    def lake_url(self) -> str:
        """Return the lake: an absolute folder or an s3:// address."""
        return normal_lake(self.lake_address, self.home)

    @property
    def database_url(self) -> str:
        """Return the operational database's address, password included: for the engine, never to print."""
        secret = self.database_address
        return normal_database(secret.get_secret_value() if secret else None, self.home)

    @property
    def redis_url(self) -> str | None:
        """Return the Redis server's address with its password, or None: never print it."""
        return self.redis_address.get_secret_value() if self.redis_address else None

    @property
    def max_candidates(self) -> int:
        """Return the number of candidates kept per run, DEV_MAX_CANDIDATES when AMC_ENV=dev."""
        return self.max_candidates_per_discovery

    def is_mocked(self, provider: str) -> bool:
        """Say whether a provider's data comes from the replay server by its MOCK_* variable."""
        return bool(getattr(self, f"mock_{provider}_data_enabled", False))

    def uses(self, provider: str) -> bool:
        """Say whether a provider is asked: the plan has it and its key is set, or the replay server is it."""
        if provider == "yahoo":  # a library's own calls: never against the replay server, and by opt-in only
            return self.yahoo_options and self.plan is not Plan.SIMULATED
        if self.plan is Plan.SIMULATED or self.is_mocked(provider):
            return provider in KNOWN_PROVIDERS
        key = KEY_OF_PROVIDER.get(provider)
        return provider in PLAN_SOURCES[self.plan] and (key is None or getattr(self, key.lower()) is not None)

    def limits(self, provider: str) -> ProviderLimits:
        """Return limits, breaker and retry numbers of one of `KNOWN_PROVIDERS`; ValueError for another."""
        return limits_of(self, provider)

    def describe(self) -> list[dict[str, str]]:
        """Return name, value (secrets as ****) and origin of every variable, in the order of the docs."""
        from amc_assets.settings.document import describe_settings  # noqa: PLC0415 - needed by few commands

        return describe_settings(self)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle holds the keys in clear text.

        Raises TypeError; the other process calls `load_settings` on its own environment.
        """
        raise TypeError(
            "Settings hold secrets and are not pickled: call load_settings(os.environ) in the other process"
        )
