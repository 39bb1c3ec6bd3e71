"""Every public name that a document must explain, collected from the registries and the code itself."""

import ast
from collections.abc import Iterator

from amc_assets.cli import Listed, app
from amc_assets.commands.output import Exit
from amc_assets.reasons import Reason
from amc_assets_tests.house.sources import Source, product


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield every command of `amc` with its options and arguments, from the parser itself."""
    import typer.main

    yield from _commands(typer.main.get_command(app), "amc")


def _commands(command: object, name: str) -> Iterator[tuple[str, list[str]]]:
    children = getattr(command, "commands", {})
    for child, held in sorted(children.items()):
        yield from _commands(held, f"{name} {child}")
    if not children:
        parameters = [item for item in command.params if item.name != "help"]  # type: ignore[attr-defined]
        words = [max(item.opts, key=len) for item in parameters]
        yield name, [word if word.startswith("-") else word.upper() for word in words]


def exit_codes() -> list[str]:
    """Return the numbers of the exit codes."""
    return [str(int(code)) for code in Exit]


def listed() -> list[str]:
    """Return what `amc list` takes."""
    return [item.value for item in Listed]


def reasons() -> list[str]:
    """Return every reason code."""
    return [str(reason) for reason in Reason]


def variables() -> list[str]:
    """Return every environment variable."""
    from amc_assets.settings import variables as registry

    return [item.name for item in registry()]


def datasets() -> list[str]:
    """Return every dataset of every provider."""
    from amc_assets.providers.registry import DATASETS

    return [item.name for item in DATASETS]


def lake_tables() -> list[str]:
    """Return every table of the lake."""
    from amc_assets.lake import tables
    from amc_assets.lake.schema import TableSchema

    return sorted({value.name for value in vars(tables).values() if isinstance(value, TableSchema)})


def database_tables() -> list[str]:
    """Return every table of the operational database."""
    from amc_assets.store.models import metadata

    return sorted(table.name for table in metadata.tables.values())


def detectors() -> list[str]:
    """Return every detector."""
    from amc_assets.detectors.registry import DETECTORS

    return list(DETECTORS)


def strategies() -> list[str]:
    """Return every strategy."""
    from amc_assets.strategies.registry import STRATEGIES

    return list(STRATEGIES)


def gates() -> list[str]:
    """Return every gate of every strategy."""
    from amc_assets.strategies.calibration import load_calibration

    return sorted({gate.name for name in strategies() for gate in load_calibration(name).gates})


def features() -> list[str]:
    """Return every feature."""
    from amc_assets.features.registry import SPECS

    return list(SPECS)


def assets() -> list[str]:
    """Return every Dagster asset."""
    from amc_assets.defs.catalog import asset_rows

    return [row["name"] for row in asset_rows()]


def schedules_and_sensors() -> list[str]:
    """Return every schedule and sensor."""
    from amc_assets.defs.catalog import schedule_rows, sensor_rows

    return [row["name"] for row in (*schedule_rows(), *sensor_rows())]


def jobs() -> list[str]:
    """Return every job that a person can start by name."""
    from amc_assets.definitions import defs

    return [job.name for job in defs.get_repository_def().get_all_jobs() if not job.name.startswith("__")]


def checks() -> list[str]:
    """Return every asset check."""
    from amc_assets.definitions import defs

    return sorted({key.name for key in defs.resolve_asset_graph().asset_check_keys})


def errors() -> list[str]:
    """Return every public error class of the package."""
    return sorted({name for item in product() for name in error_classes(item)})


def error_classes(item: Source) -> Iterator[str]:
    """Yield the public error classes that a file defines: named as such, or with a base that is."""
    known = {"PermanentError", "TransientError", "ProviderError", "StoreError", "MarketError", "FeatureInputError"}
    for node in ast.walk(item.tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = {getattr(base, "id", getattr(base, "attr", "")) for base in node.bases}
            if bases & known or any(base.endswith(("Error", "Exception")) for base in bases):
                yield node.name
