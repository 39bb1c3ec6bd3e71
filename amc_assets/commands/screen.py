"""`amc screen` and `amc explain`: read stored runs, fetch nothing; full lists and explanations are scored again."""

from typing import Any

from amc_assets.commands.explained import input_row, print_explained
from amc_assets.commands.output import CommandError, Exit, print_json, print_table, result, say
from amc_assets.commands.published import published_name, published_screen
from amc_assets.commands.session import day_of, lake_of, strategy_of
from amc_assets.pipeline.repeats import late_sentence
from amc_assets.pipeline.screen import NoSuchRunError, market_words, stored_explained, stored_screen
from amc_assets.settings import Settings
from amc_assets.strategies.explain import UnknownSymbol

Json = dict[str, Any]
LIST_COLUMNS = ("symbol", "rank of scored", "score", "confidence", "ranking score", "action")
INPUT_COLUMNS = ("input", "source", "rows of", "days old", "public since", "hours public", "note")


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
    result(
        f"{found['trade_date']} {found['session']} · {found['strategy']} · {market_words(found)} · "
        f"as of {found['as_of']} · run {found['discovery_run_id']}"
    )
    if found.get("came_late"):
        result(f"recomputed: {late_sentence(found['came_late'])} arrived after run {found['recomputes']}")
    print_table("inputs", [input_row(item, found["trade_date"]) for item in found["inputs"]], INPUT_COLUMNS)
    funnel = [{"gate": step["gate"], "entered": step["in"], "passed": step["out"]} for step in found["funnel"]]
    print_table("funnel", funnel, ("gate", "entered", "passed"))
    listed = found.get("ranked") or found["candidates"]
    if listed:
        rows = [name | {"rank of scored": name["rank"], "ranking score": name["ranking_score"]} for name in listed]
        print_table("ranked" if "ranked" in found else "candidates", rows, LIST_COLUMNS)
    result(f"{found['candidates_found']} candidates of {found['universe_count']} in the universe")
    if found.get("reason"):
        say(f"why: {found['reason']}")


def explain(settings: Settings, symbol: str, date: str, strategy: str | None, *, as_json: bool) -> None:
    """Print why a name is in or out. Raises CommandError."""
    day, name = day_of(date), strategy_of(strategy, settings)
    try:
        found = stored_explained(lake_of(settings), day, name, symbol)
    except (NoSuchRunError, UnknownSymbol) as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    if found.name["symbol"] != symbol:
        say(f"{symbol} is read as {found.name['symbol']}")
    if as_json:
        print_json(published_name(found.name, explained=True))
        return
    print_explained(found)
