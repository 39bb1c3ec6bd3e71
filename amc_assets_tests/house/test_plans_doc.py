"""docs/plans.md against the settings: sources, limits and courtesy of every plan, and the names it speaks of."""

import re
from collections.abc import Mapping

import pytest

from amc_assets.settings import Plan, Settings, load_settings
from amc_assets.settings.plans import PLAN_LIMITS, PLAN_SOURCES, PlanLimit
from amc_assets_tests.house import names
from amc_assets_tests.house.sources import documents

PAGE = "docs/plans.md"
KEYLESS_PROVIDERS = ("finra", "sec", "nasdaq", "nyse", "treasury", "news", "yahoo")
Row = tuple[str, ...]


def rows(heading: str, text: str) -> dict[str, Row]:
    """Return the rows of the first table under a heading whose first cell is code: that name -> the other cells."""
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split(" | ") for line in part.splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): tuple(cell.strip() for cell in row[1:]) for row in cells}


def settings(plan: Plan) -> Settings:
    """Return the settings of a plan without anything else set, but for what ``brief`` demands."""
    demanded = {
        "SCORING_STRATEGY": "unified_detectors", "FINRA_API_BASE_URL": "https://provider.test/a",
        "ALPHA_VANTAGE_API_KEY": "a", "POLYGON_API_KEY": "b", "SLACK_WEBHOOK_URL": "https://provider.test/b",
        "DATABASE_URL": "postgresql://provider.test/amc", "REDIS_URL": "redis://provider.test",
    }  # fmt: skip
    return load_settings({"AMC_PLAN": plan.value, **(demanded if plan is Plan.BRIEF else {})})


def said(limit: PlanLimit | None) -> str:
    """Return a limit as the page writes it."""
    if limit is None:
        return "no limit"
    pace = f"{limit.calls} a {'second' if limit.per_seconds == 1 else 'minute'}"
    return pace if limit.per_day is None else f"{pace}, {limit.per_day} a day"


def limit_cell(plan: Plan, provider: str) -> str:
    """Return what the table must say of a provider's limit on a plan."""
    if provider not in PLAN_SOURCES[plan]:
        return "not used"
    known = PLAN_LIMITS[plan].get(provider)
    if known is None and plan is not Plan.SIMULATED:
        return f"{settings(plan).limits(provider).calls} a minute"
    return said(known)


def wrong_plans(table: Mapping[str, Row]) -> list[str]:
    """Return what the table of the plans says otherwise than the settings."""
    wrong = [] if list(table) == [plan.value for plan in Plan] else ["plans"]
    for plan in Plan:
        sources, *limits = table.get(plan.value, ("", "", "", ""))[:4]
        in_use = sorted(PLAN_SOURCES[plan] - ({"yahoo"} if plan is Plan.SIMULATED else set()))
        wrong += [f"{plan}: sources"] if re.findall(r"`(\w+)`", sources) != in_use else []
        wanted = [limit_cell(plan, provider) for provider in ("alpha_vantage", "polygon", "finra")]
        wrong += [f"{plan}: {cell!r}, not {want!r}" for cell, want in zip(limits, wanted, strict=True) if cell != want]
    return wrong


def test_the_table_of_the_plans_is_what_the_settings_say():
    assert wrong_plans(rows("The four plans", documents()[PAGE])) == []


def test_the_plan_simulated_never_uses_yahoo():
    assert not settings(Plan.SIMULATED).uses("yahoo")
    assert not load_settings({"AMC_PLAN": "simulated", "AMC_YAHOO_OPTIONS": "true"}).uses("yahoo")


@pytest.mark.parametrize("provider", KEYLESS_PROVIDERS)
def test_courtesy_limits_are_what_the_settings_say(provider: str):
    limits = settings(Plan.KEYLESS).limits(provider)
    table = rows("Courtesy", documents()[PAGE])
    assert set(table) == set(KEYLESS_PROVIDERS)
    assert table[provider][0] == said(PlanLimit(limits.calls, limits.per_seconds, limits.per_day))


def test_figures_are_those_of_the_code():
    from amc_assets.features.news.headlines import LEAST_HISTORY_SESSIONS
    from amc_assets.features.options.percentile import LEAST_SESSIONS
    from amc_assets.pipeline import healing, history, share_counts, shortlist
    from amc_assets.providers.yahoo.client import MOST_EXPIRATIONS

    text = documents()[PAGE]
    quota = PLAN_LIMITS[Plan.FREE]["alpha_vantage"].per_day
    assert quota is not None
    assert f"{share_counts.OVERVIEW_QUOTA_FRAC:.0%}".replace("%", " %") in text
    assert f"{int(quota * share_counts.OVERVIEW_QUOTA_FRAC)} of {quota}" in text
    assert f"younger than {share_counts.FRESH_DAYS:.0f} days" in text
    assert f"{history.PANEL_SESSIONS} sessions of bars and {history.SHORT_VOLUME_SESSIONS} of short volume" in text
    assert shortlist.SHORTLIST_NAMES == 20
    assert f"up to {1 + MOST_EXPIRATIONS} for each of twenty names" in text
    assert healing.HEALED_SESSIONS == 5
    assert f"the first {LEAST_SESSIONS} sessions" in text
    assert f"the first {LEAST_HISTORY_SESSIONS} sessions" in text


def test_names_it_speaks_of_exist():
    """Every code word of the tables about data, times and calls is a name of the project."""
    parts = documents()[PAGE].partition("## What is there")[2].partition("## What costs money")[0]
    known = {
        *names.datasets(), *names.variables(), *names.schedules_and_sensors(), *names.jobs(), *names.detectors(),
        *names.gates(), *names.reasons(), *names.features(), *names.strategies(), *components(),
        *(plan.value for plan in Plan),
    }  # fmt: skip
    words = {word.partition("=")[0] for word in re.findall(r"`([\w=]+)`", parts)}
    assert len(words) > 30
    assert words - known - {"afterhours", "regular"} == set()


def components() -> set[str]:
    """Return the components of every detector."""
    from amc_assets.detectors.registry import DETECTORS

    return {part.name for detector in DETECTORS.values() for part in detector.declaration.components}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1 a second, 25 a day", "1 a second, 500 a day"),
        ("| 5 a minute | 60 a minute |", "| 6 a minute | 60 a minute |"),
        ("`sec`, `treasury`, `yahoo` | not used", "`sec`, `treasury` | not used"),
        ("| not used | not used |", "| not used | no limit |"),
        ("| `keyless` | `finra`", "| `keyfree` | `finra`"),
    ],
)
def test_a_planted_fault_in_the_table_is_caught(before: str, after: str):
    text = documents()[PAGE]
    assert before in text
    assert wrong_plans(rows("The four plans", text.replace(before, after))) != []
