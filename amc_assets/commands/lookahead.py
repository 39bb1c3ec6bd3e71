"""`amc lookahead`: the guard against reading the future, as a command."""

from dataclasses import asdict

from amc_assets.commands.output import CommandError, Exit, print_json, print_table, result
from amc_assets.commands.session import day_of, lake_of, strategy_of
from amc_assets.pipeline.lookahead import examine
from amc_assets.settings import Settings

MOST_SHOWN = 20


def lookahead(settings: Settings, date: str, strategy: str | None, *, as_json: bool) -> None:
    """Score ``date`` on the whole lake and on the lake cut off at its end; exit 4 when they differ."""
    day, name = day_of(date), strategy_of(strategy, settings)
    found = examine(settings, lake_of(settings), day, name)
    if as_json:
        print_json(
            {
                "trade_date": day.isoformat(),
                "strategy": name,
                "names_compared": found.names_compared,
                "rows_cut_off": found.rows_cut_off,
                "differences": [asdict(difference) for difference in found.differences],
            }
        )
    elif found.differences:
        rows = [asdict(difference) for difference in found.differences[:MOST_SHOWN]]
        print_table("what changed when the future was cut off", rows, list(rows[0]))
    if not found.names_compared:
        raise CommandError(f"{day}: nothing could be scored, so nothing was compared", Exit.NOT_FOUND)
    if found.differences:
        raise CommandError(
            f"{day} {name}: {len(found.differences)} differences: something reads the future", Exit.CHECK_FAILED
        )
    if not as_json:
        result(
            f"{day} {name}: no look-ahead. {found.names_compared} names compared, "
            f"{found.rows_cut_off} later rows were cut off"
        )
