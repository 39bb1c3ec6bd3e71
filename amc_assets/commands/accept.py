"""`amc accept`: a person says that a refused answer is right; the next one with the same numbers is stored."""

from amc_assets.clock import SystemClock
from amc_assets.commands.output import CommandError, Exit, print_json, result, say
from amc_assets.commands.session import date_of, lake_of
from amc_assets.settings import Settings


def accept(settings: Settings, table: str, date: str, why: str, *, as_json: bool) -> None:
    """Record the acceptance and print what to do next. Raises CommandError."""
    from amc_assets.lake.tables import TABLES
    from amc_assets.pipeline.feed_checks import accepted
    from amc_assets.pipeline.feed_checks.rules import RULES

    key = date_of(date).isoformat()
    if table not in RULES:
        raise CommandError(f"{table!r} has no rules across days; one of {', '.join(RULES)}", Exit.USAGE)
    if not why.strip():
        raise CommandError("--why is empty: say why the numbers are right, it is recorded", Exit.USAGE)
    try:
        found = accepted.accept(lake_of(settings), TABLES[table], key, why=why.strip(), at=SystemClock().now())
    except accepted.NothingRefusedError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    numbers = dict(found.numbers)
    if as_json:
        print_json(
            {"table": table, "date": key, "numbers": numbers, "why": found.why, "accepted_at": found.accepted_at}
        )
        return
    listed = ", ".join(f"{name} {value:.3g}" for name, value in numbers.items())
    result(f"accepted for {table} of {key}: {listed} ({found.why})")
    say("next: fetch the day again: materialise its partition in Dagster, or run `amc fetch`")
