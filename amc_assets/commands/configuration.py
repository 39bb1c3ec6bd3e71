"""`amc config`: what is in force and why."""

from amc_assets.commands.output import print_json, print_table, say
from amc_assets.settings import Settings


def show(settings: Settings, *, as_json: bool) -> None:
    """Print every variable, masked, with its origin."""
    rows = settings.describe()
    if as_json:
        print_json(rows)
    else:
        print_table(f"plan {settings.plan} ({settings.plan_reason})", rows, ("name", "value", "origin", "effect"))
    for warning in settings.warnings:
        say(f"warning: {warning}")
