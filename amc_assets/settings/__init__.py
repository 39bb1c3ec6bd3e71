"""Every environment variable of the project, typed, bounded and explained, once.

Belongs here: declarations, their forms, plans and limits, the loader and its sentences. Nothing here reads
the process environment: `load_settings(os.environ)` is called by the faces (`amc`, Dagster's definitions).
"""

from amc_assets.settings.about import VariableDoc
from amc_assets.settings.combinations import launcher_problem
from amc_assets.settings.document import configuration_table, variables
from amc_assets.settings.limits import ProviderLimits
from amc_assets.settings.load import load_settings
from amc_assets.settings.model import Settings
from amc_assets.settings.names import KNOWN_PROVIDERS, KNOWN_STRATEGIES, Environment, Executor, Origin, Plan
from amc_assets.settings.plans import REQUIRED_BY_BRIEF
from amc_assets.settings.problems import SettingsError, SettingsProblem, SettingsWarning

__all__ = [
    "KNOWN_PROVIDERS",
    "KNOWN_STRATEGIES",
    "REQUIRED_BY_BRIEF",
    "Environment",
    "Executor",
    "Origin",
    "Plan",
    "ProviderLimits",
    "Settings",
    "SettingsError",
    "SettingsProblem",
    "SettingsWarning",
    "VariableDoc",
    "configuration_table",
    "launcher_problem",
    "load_settings",
    "variables",
]
