"""The IO manager: tables handed over by an asset become lake partitions, and lake partitions become DataFrames.

Provider and discovery steps write their partitions themselves, day by day, because a day may also end as a note of
absence; they only prove here that what they claim is on disk (``confirm``).
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from amc_assets.defs.resources import EnvironmentWorkspace, HeldWorkspace
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from amc_assets.lake.store import Lake

    PartitionTables = Iterator[tuple[str, pa.Table]]
    """Partition key and rows, one partition at a time: sixty days of a panel are never in memory together."""
else:
    PartitionTables = Iterator  # Dagster resolves annotations when assets are declared: Arrow would be imported

PART = "rebuild"


def confirm(lake: "Lake", schema: TableSchema, keys: Sequence[str]) -> None:
    """Raise dagster.Failure for claimed partitions that hold neither rows nor a note of absence."""
    lost = [key for key in keys if not lake.parts(schema, key) and lake.absence(schema, key) is None]
    if lost:
        raise dg.Failure(
            f"{schema.name}: {len(lost)} partitions are not in the lake although they were just written: "
            f"{', '.join(lost[:5])}. Next: materialise them again"
        )


class LakeIOManager(dg.IOManager):
    """Store: write each partition's rows under its declared schema. Load: rows as a pandas DataFrame."""

    def __init__(self, workspace: EnvironmentWorkspace | HeldWorkspace) -> None:
        self._workspace = workspace

    def handle_output(self, context: dg.OutputContext, obj: PartitionTables) -> None:
        """Write the partitions one after the other. Raises SchemaError, LakeError."""
        lake, schema = self._workspace.get().lake, _schema_of(context)
        rows = 0
        for key, table in obj:
            rows += lake.write_part(schema, key, PART, table).rows
        context.add_output_metadata({"rows_written_by_run": rows})

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """Return the rows of the asked partitions as one DataFrame (for notebooks and ad-hoc assets).

        A vintaged table gives the newest version of each row known now; a table of runs gives its latest run, and of
        a table that several assets share only the rows of the asset asked for.
        """
        import pandas as pd  # noqa: PLC0415 - 0.6 s of import that no scheduled run needs

        schema = _schema_of(context.upstream_output)
        tables = [self._rows(schema, key) for key in context.asset_partition_keys]
        frames = [_own_rows(table, context.asset_key).to_pandas() for table in tables if table is not None]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=schema.arrow.names)

    def _rows(self, schema: TableSchema, key: str) -> "pa.Table | None":
        workspace = self._workspace.get()
        if schema.vintaged:
            return workspace.lake.read(schema, key, workspace.clock.now())
        part = latest_part(workspace.lake.parts(schema, key))
        return workspace.lake.read_part(schema, key, part) if part else None


def latest_part(parts: Sequence[str]) -> str | None:
    """Return the part with the latest as_of in its name, the last written among equals; None when there is none.

    ``parts`` is in order of writing; names are ``session-instant-digest`` (``pipeline.identity``) or one fixed word.
    """
    return max(enumerate(parts), key=lambda item: (item[1].split("-")[1:2], item[0]))[1] if parts else None


def _own_rows(table: "pa.Table", key: dg.AssetKey) -> "pa.Table":
    import pyarrow.compute as pc  # noqa: PLC0415 - Arrow is not needed to declare assets

    for column in ("strategy", "detector"):
        if column in table.column_names and key.path != ["candidates"]:
            return table.filter(pc.equal(table.column(column).cast("string"), key.path[-1]))
    return table


def _schema_of(context: dg.OutputContext | None) -> TableSchema:
    metadata: Any = context.definition_metadata if context is not None else {}
    if "lake_table" not in metadata:
        raise dg.DagsterInvariantViolationError(
            "the asset does not say which lake table it is. Next: give it definition_metadata(schema)"
        )
    return TABLES[str(metadata["lake_table"])]


@dg.io_manager(required_resource_keys={"workspace"})
def lake_io_manager(context: dg.InitResourceContext) -> LakeIOManager:
    """Build the IO manager on the run's workspace."""
    return LakeIOManager(context.resources.workspace)
