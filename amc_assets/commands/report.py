"""`amc report`: the HTML page of a stored run."""

from amc_assets.commands.output import CommandError, Exit, print_json, result
from amc_assets.commands.session import day_of, lake_of
from amc_assets.pipeline.reporting import write_report
from amc_assets.pipeline.screen import NoSuchRunError
from amc_assets.settings import Settings


def report(settings: Settings, date: str, *, as_json: bool) -> None:
    """Write the page of the newest run of ``date`` and print its path. Raises CommandError."""
    day = day_of(date)
    try:
        path = write_report(settings, lake_of(settings), day)
    except NoSuchRunError as error:
        raise CommandError(str(error), Exit.NOT_FOUND) from error
    if as_json:
        print_json({"trade_date": day.isoformat(), "report": str(path)})
    else:
        result(str(path))
