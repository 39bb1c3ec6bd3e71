"""`amc screen` and `amc explain`: read stored runs; nothing is fetched or computed anew."""

from typing import Any

from amc_assets.commands.output import CommandError, Exit, print_json, print_table, result, say
from amc_assets.commands.published import published_name, published_screen
from amc_assets.commands.session import day_of, lake_of, strategy_of
from amc_assets.pipeline.repeats import late_sentence
from amc_assets.pipeline.screen import NoSuchRunError, stored_explanation, stored_screen
from amc_assets.settings import Settings
from amc_assets.strategies.explain import UnknownSymbol

Json = dict[str, Any]
COMPONENT_COLUMNS = ("detector", "name", "value", "unit", "score", "weight", "source", "provenance", "reason")
LIST_COLUMNS = ("rank", "symbol", "score", "confidence", "ranking_score", "action")


def screen(settings: Settings, date: str, strategy: str | None, *, full: bool, as_json: bool) -> None:
    """Print the candidates of a day's newest run. Raises CommandError."""
    day, name = day_of(date), strategy_of(strategy, settings)
    try:
        found = stored_screen(lake_of(settings), day, name, full=full)
    except NoSuchRunError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    if as_json:
        print_json(published_screen(found))
    else:
        print_screen(found)


def print_screen(found: Json) -> None:
    """Print a screen object for people: what it is, ages, funnel, names, and why there are none."""
    kind = "SIMULATED market" if found["is_simulated"] else "real data"
    result(
        f"{found['trade_date']} {found['session']} · {found['strategy']} · {kind} · as of {found['as_of']} · "
        f"run {found['discovery_run_id']}"
    )
    if found.get("came_late"):
        result(f"recomputed: {late_sentence(found['came_late'])} arrived after run {found['recomputes']}")
    print_table("inputs", found["inputs"], ("name", "source", "known_at", "age_hours", "reason"))
    print_table("funnel", found["funnel"], ("gate", "in", "out"))
    listed = found.get("ranked") or found["candidates"]
    if listed:
        print_table("ranked" if "ranked" in found else "candidates", listed, LIST_COLUMNS)
    result(f"{found['candidates_found']} candidates of {found['universe_count']} in the universe")
    if found.get("reason"):
        say(f"why: {found['reason']}")


def explain(settings: Settings, symbol: str, date: str, strategy: str | None, *, as_json: bool) -> None:
    """Print why a name is in or out. Raises CommandError."""
    day, name = day_of(date), strategy_of(strategy, settings)
    try:
        found = stored_explanation(lake_of(settings), day, name, symbol)
    except (NoSuchRunError, UnknownSymbol) as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    if found["symbol"] != symbol:
        say(f"{symbol} is read as {found['symbol']}")
    if as_json:
        print_json(published_name(found, explained=True))
        return
    result(_verdict(found))
    components = [
        {"detector": detector["name"], **component}
        for detector in found["detectors"]
        for component in detector["components"]
    ]
    print_table("components", components, COMPONENT_COLUMNS)
    print_table("gates", found["gates"], ("name", "kind", "value", "limit", "unit", "direction", "passed", "reason"))


def _verdict(found: Json) -> str:
    verdict = "passed every hard gate" if found["passed"] else f"failed {', '.join(found['failed_gates'])}"
    if found["score"] is None:
        return f"{found['symbol']} · not scored · {verdict}"
    numbers = f"rank {found['rank']} · score {found['score']:.3f} · confidence {found['confidence']:.3f}"
    return f"{found['symbol']} · {numbers} · {found['action']} · {verdict}"
