"""`amc`: the command line.

Arguments and help live here; what commands do is in ``commands/``, imported when they run: `amc --help` stays quick.
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="amc",
    help="Short-squeeze discovery from free data. A list of names to look at, with reasons; not advice.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The operational database: upgrade, downgrade, current.", no_args_is_help=True)
config = typer.Typer(help="The settings in force.", no_args_is_help=True)
app.add_typer(db, name="db")
keys = typer.Typer(help="The key vault: provider keys encrypted at rest.", no_args_is_help=True)
app.add_typer(config, name="config")
app.add_typer(keys, name="keys")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Strategy = Annotated[str | None, typer.Option("--strategy", "-s", help="Strategy; the configured one by default.")]
Home = Annotated[Path | None, typer.Option("--home", help="State folder (AMC_HOME): lake, database, reports.")]
Day = Annotated[str, typer.Option("--date", "-d", help="Trading session, YYYY-MM-DD.")]
From = Annotated[str | None, typer.Option("--from", help="First session, YYYY-MM-DD.")]
To = Annotated[str | None, typer.Option("--to", help="Last session, YYYY-MM-DD.")]


class Listed(StrEnum):
    """What `amc list` can list."""

    DETECTORS = "detectors"
    STRATEGIES = "strategies"
    GATES = "gates"
    PROVIDERS = "providers"
    ASSETS = "assets"
    SCHEDULES = "schedules"
    SENSORS = "sensors"
    REASONS = "reasons"


class FloatUse(StrEnum):
    """Whether a replay may use the recorded float, which is of a later date than the days replayed."""

    BIASED = "biased"
    NONE = "none"
    BOTH = "both"


@app.command()
def demo(
    days: Annotated[int, typer.Option(help="Sessions to run, the last complete one included.", min=1, max=250)] = 20,
    to: To = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Run discovery on the simulated market: no key, no network. Candidates, their precision, a report."""
    from amc_assets.commands.starting import shown_while_loading

    with shown_while_loading():
        from amc_assets.commands.demo import demo as run

    run(home=home, days=days, last=to, as_json=as_json)


@app.command()
def replay(
    first: Annotated[str, typer.Option("--from", help="First session, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last session, YYYY-MM-DD.")],
    data: Annotated[Path | None, typer.Option("--data", help="Folder of recorded days; simulated without.")] = None,
    strategy: Strategy = None,
    float_use: Annotated[FloatUse, typer.Option("--float", help="Use of a float of a later date.")] = FloatUse.BIASED,
    full: Annotated[bool, typer.Option("--full", help="With --json: add every scored name.")] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", help="Break answers, e.g. provider=finra,kind=status,probability=0.3; repeatable."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Run the assets for recorded or simulated sessions over HTTP, and measure them beside simple sorts."""
    from amc_assets.commands.starting import shown_while_loading

    with shown_while_loading():
        from amc_assets.commands.replay import replay as run

    run(
        data, first, last, strategy=strategy, float_use=float_use, full=full, home=home, as_json=as_json,
        fault_rules=fault or (),
    )  # fmt: skip


@app.command()
def screen(
    date: Day,
    strategy: Strategy = None,
    full: Annotated[bool, typer.Option("--full", help="Every scored name, not only candidates.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the candidates of a day's newest run."""
    from amc_assets.commands.newest_home import settings_with_run
    from amc_assets.commands.screen import screen as run

    run(settings_with_run(home, date), date, strategy, full=full, as_json=as_json)


@app.command()
def explain(symbol: str, date: Day, strategy: Strategy = None, home: Home = None, as_json: AsJson = False) -> None:
    """Show why a name is in or out: every component, gate, source and age."""
    from amc_assets.commands.newest_home import settings_with_run
    from amc_assets.commands.screen import explain as run

    run(settings_with_run(home, date), symbol, date, strategy, as_json=as_json)


@app.command()
def fetch(
    dataset: str,
    date: Annotated[str, typer.Option("--date", "-d", help="Day of a dataset that is of one: YYYY-MM-DD.")] = "",
    symbol: Annotated[str, typer.Option("--symbol", help="Canonical symbol, where the dataset is of one.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Fetch one dataset (see `amc list providers`) and store it where it feeds a table of the lake."""
    from amc_assets.commands.fetch import fetch as run
    from amc_assets.commands.session import announced

    run(announced(home), dataset, date, symbol, as_json=as_json)


@app.command()
def accept(
    table: str,
    date: Annotated[str, typer.Option("--date", "-d", help="Day of the refused answer, YYYY-MM-DD.")],
    why: Annotated[str, typer.Option("--why", help="Why the numbers are right; it is recorded.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Accept a refused answer: the next one of that day with the same numbers is stored."""
    from amc_assets.commands.accept import accept as run
    from amc_assets.commands.session import announced

    run(announced(home), table, date, why, as_json=as_json)


@app.command(name="list")
def list_things(what: Listed, as_json: AsJson = False) -> None:
    """List detectors, strategies, gates, providers, assets, schedules, sensors or reason codes."""
    from amc_assets.commands.listing import list_things as run

    run(what.value, as_json=as_json)


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no provider.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check the installation: settings, keys, providers, clock, limits, lake, database, each with the next step."""
    from amc_assets.commands.doctor import doctor as run

    run(home, offline=offline, as_json=as_json)


@app.command()
def lookahead(date: Day, strategy: Strategy = None, home: Home = None, as_json: AsJson = False) -> None:
    """Run a stored day again on data cut off after it and compare: any difference is look-ahead."""
    from amc_assets.commands.lookahead import lookahead as run
    from amc_assets.commands.newest_home import settings_with_run

    run(settings_with_run(home, date), date, strategy, as_json=as_json)


@app.command()
def report(date: Day, home: Home = None, as_json: AsJson = False) -> None:
    """Write the HTML page of a day's newest run and print where it is."""
    from amc_assets.commands.newest_home import settings_with_run
    from amc_assets.commands.report import report as run

    run(settings_with_run(home, date), date, as_json=as_json)


@db.command()
def upgrade(revision: str = "head", home: Home = None, as_json: AsJson = False) -> None:
    """Bring the schema of DATABASE_URL to a revision (head by default)."""
    from amc_assets.commands.database import upgrade as run
    from amc_assets.commands.session import announced

    run(announced(home), revision, as_json=as_json)


@db.command()
def downgrade(revision: str, home: Home = None, as_json: AsJson = False) -> None:
    """Take the schema of DATABASE_URL back to a revision; `base` removes every table."""
    from amc_assets.commands.database import downgrade as run
    from amc_assets.commands.session import announced

    run(announced(home), revision, as_json=as_json)


@db.command()
def current(home: Home = None, as_json: AsJson = False) -> None:
    """Show the revision of DATABASE_URL and the newest one."""
    from amc_assets.commands.database import current as run
    from amc_assets.commands.session import announced

    run(announced(home), as_json=as_json)


@config.command()
def show(home: Home = None, as_json: AsJson = False) -> None:
    """Show every variable with its value (secrets masked) and where it comes from."""
    from amc_assets.commands.configuration import show as run
    from amc_assets.commands.session import announced

    run(announced(home), as_json=as_json)


@keys.command(name="add", context_settings={"allow_extra_args": True})
def add_key(context: typer.Context, name: str, home: Home = None) -> None:
    """Keep a key under the name of its variable; it is read from a hidden prompt, or from stdin."""
    from amc_assets.commands.keys import add as run
    from amc_assets.commands.session import settings_of

    run(settings_of(home, with_vault=False), name, context.args)


@keys.command(name="list")
def list_keys(home: Home = None, as_json: AsJson = False) -> None:
    """List names, dates and which encryption key opens each; never a value."""
    from amc_assets.commands.keys import list_keys as run
    from amc_assets.commands.session import settings_of

    run(settings_of(home, with_vault=False), as_json=as_json)


@keys.command(name="rotate")
def rotate_keys(home: Home = None) -> None:
    """Encrypt every key anew under the first key of API_KEY_ENCRYPTION_KEY."""
    from amc_assets.commands.keys import rotate as run
    from amc_assets.commands.session import settings_of

    run(settings_of(home, with_vault=False))


@keys.command(name="export")
def export_keys(
    target: Annotated[Path, typer.Option("--to", help="New file that only its owner may read.")], home: Home = None
) -> None:
    """Write the keys in clear text to a new environment file; never to stdout."""
    from amc_assets.commands.keys import export as run
    from amc_assets.commands.session import settings_of

    run(settings_of(home, with_vault=False), target)


@keys.command(name="remove")
def remove_key(name: str, home: Home = None) -> None:
    """Forget a key."""
    from amc_assets.commands.keys import remove as run
    from amc_assets.commands.session import settings_of

    run(settings_of(home, with_vault=False), name)


def main() -> None:
    """Run the command line; known failures end as one sentence and their exit code."""
    from amc_assets.commands.failures import guarded

    sys.exit(guarded(app, before=_with_environment_file))


def _with_environment_file() -> None:
    if Path(".env").is_file():
        from amc_assets.commands.session import read_environment_file

        read_environment_file()
