"""The one way from an environment to settings: validate, find the plan, overlay values, report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from amc_assets.settings.about import VariableDoc
from amc_assets.settings.combinations import (
    contradictions,
    missing_required,
    oddities,
)
from amc_assets.settings.document import variables
from amc_assets.settings.model import Settings
from amc_assets.settings.names import Environment, Origin
from amc_assets.settings.plans import ENVIRONMENT_DEFAULTS, detect_plan, plan_values
from amc_assets.settings.problems import (
    SettingsError,
    SettingsProblem,
    SettingsWarning,
    missing_of,
    problem_of,
)

# DEV_ variable -> the variable it replaces; the last one is its negation.
_DEV: Mapping[str, str] = {
    "DEV_DISCOVERY_FREQUENCY_MINUTES": "DISCOVERY_FREQUENCY_MINUTES",
    "DEV_MAX_CANDIDATES": "MAX_CANDIDATES_PER_DISCOVERY",
    "DEV_CIRCUIT_BREAKER_DISABLED": "CIRCUIT_BREAKER_GLOBAL_ENABLED",
}
_PREFIXES = (
    "AB_TESTING_", "AFTERHOURS_", "ALERT_THRESHOLD_", "ALPHA_VANTAGE_", "AMC_", "API_KEY_", "CACHE_TTL_",
    "CIRCUIT_BREAKER_", "DATABASE_", "DEV_", "DISCOVERY_", "EMERGENCY_", "FINRA_", "GLOBENEWSWIRE_",
    "MARKET_DATA_", "MAX_", "METRICS_", "MOCK_", "NASDAQ_", "NEWS_DATA_", "NYSE_", "OPTIONS_DATA_", "POLYGON_",
    "PREMARKET_", "PRNEWSWIRE_", "PROMETHEUS_", "REDIS_", "SCORING_", "SEC_", "SESSION_", "SHADOW_",
    "SHORT_INTEREST_", "SLACK_", "TREASURY_", "YAHOO_",
)  # fmt: skip


def load_settings(
    environ: Mapping[str, str], *, home: Path | None = None, vault: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings of an environment; `home` beats AMC_HOME. Nothing else is read.

    An empty or blank variable counts as unset; blanks around a value are dropped. `vault` holds keys of the key vault
    by name: they count as set where the environment says nothing. Raises SettingsError, which lists all faults at
    once: variable, what is wrong (never a secret's value), what it blocks, what to do.
    """
    docs = {doc.name: doc for doc in variables()}
    given = {name: environ[name].strip() for name in docs if environ.get(name, "").strip()}
    stored = {name: value for name, value in (vault or {}).items() if name in docs and name not in given}
    given |= stored
    if home is not None:
        given["AMC_HOME"] = str(home)
    elif given.get("AMC_HOME", "").startswith("~/") and environ.get("HOME"):
        given["AMC_HOME"] = environ["HOME"] + given["AMC_HOME"][1:]

    settings, wrong = _validated(docs, given)
    settings = _overlaid(docs, settings, given, stored)
    found = {problem.variable: problem for problem in wrong}
    for name, text in missing_required(settings.plan, given):
        found.setdefault(name, missing_of(docs[name], text))
    valid = {name: text for name, text in given.items() if name not in found}
    for name, text in contradictions(settings, valid):
        found.setdefault(name, missing_of(docs[name], text))
    if found:
        raise SettingsError(tuple(found[name] for name in docs if name in found))
    warnings = (*_misspelt(environ, docs), *oddities(settings, given))
    return settings.model_copy(update={"warnings": warnings})


def _validated(docs: Mapping[str, VariableDoc], given: Mapping[str, str]) -> tuple[Settings, list[SettingsProblem]]:
    """Return settings of the valid variables and one problem per invalid one."""
    values: dict[str, Any] = {docs[name].field: text for name, text in given.items()}
    errors: list[Any] = []
    try:
        return Settings(**values), []
    except ValidationError as error:
        errors.extend(error.errors(include_url=False, include_input=False))
    # Outside the except block: the error object holds the input and must not become a context.
    names = {doc.field: name for name, doc in docs.items()}
    problems: dict[str, SettingsProblem] = {}
    for item in errors:
        name = names[str(item["loc"][0])]
        sentence = _sentence(docs[name], item)
        problems.setdefault(name, problem_of(docs[name], sentence, given[name]))
    valid: dict[str, Any] = {docs[name].field: text for name, text in given.items() if name not in problems}
    return Settings(**valid), list(problems.values())


def _sentence(doc: VariableDoc, item: Mapping[str, Any]) -> str:
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    if len(item["loc"]) > 1:
        # Only the traffic split has parts.
        return "must have weights that are numbers from 0 to 100"
    return f"must be {doc.rule}"


def _overlaid(
    docs: Mapping[str, VariableDoc], settings: Settings, given: Mapping[str, str], stored: Mapping[str, str]
) -> Settings:
    """Lay the plan's, the environment's and the development values under the explicit ones."""
    plan, reason = detect_plan(given)
    origins: dict[str, Origin] = {
        name: "vault" if name in stored else "environment" if name in given else "default" for name in docs
    }
    changes: dict[str, Any] = {"plan": plan, "plan_reason": reason, "home": settings.home.absolute()}

    def lay(values: Mapping[str, object], origin: Literal["plan", "default"]) -> None:
        for name, value in values.items():
            if name not in given:
                changes[docs[name].field] = value
                origins[name] = origin

    lay(plan_values(plan), "plan")
    lay(ENVIRONMENT_DEFAULTS[settings.environment], "default")
    if settings.environment is Environment.DEV:
        for dev_name, name in _DEV.items():
            # The plain variable set alone is a wish too: a default never beats it.
            if dev_name in given or name not in given:
                value = getattr(settings, docs[dev_name].field)
                changes[docs[name].field] = not value if isinstance(value, bool) else value
                origins[name] = origins[dev_name]
    return settings.model_copy(update={**changes, "origins": origins})


def _misspelt(environ: Mapping[str, str], docs: Mapping[str, VariableDoc]) -> list[SettingsWarning]:
    """Return a warning per variable that starts like ours and is nearly, but not, one of ours."""
    strangers = [name for name in environ if name.upper().startswith(_PREFIXES) and name not in docs]
    if not strangers:
        return []
    from difflib import get_close_matches  # noqa: PLC0415 - only needed when something is misspelt

    warnings = []
    for name in sorted(strangers):
        near = get_close_matches(name.upper(), docs, n=1, cutoff=0.85)
        if near:
            warnings.append(SettingsWarning(name, f"is not a variable; {near[0]} is", near[0]))
        elif name.startswith("AMC_"):
            warnings.append(SettingsWarning(name, "is not a variable of amc_assets and has no effect"))
    return warnings
