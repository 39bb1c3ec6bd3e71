"""The IO manager: assets write whole partitions to the lake themselves; this proves it and hands tables to people."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from amc_assets.defs.resources import EnvironmentWorkspace, HeldWorkspace
from amc_assets.lake.tables import TABLES


@dataclass(frozen=True)
class Written:
    """What an asset says it left in the lake: table and partition keys (each holds rows or a note of absence)."""

    table: str
    keys: Sequence[str]


class LakeIOManager(dg.IOManager):
    """Store: verify that every partition an asset claims is on disk. Load: the rows as a pandas DataFrame."""

    def __init__(self, workspace: EnvironmentWorkspace | HeldWorkspace) -> None:
        self._workspace = workspace

    def handle_output(self, context: dg.OutputContext, obj: Written) -> None:
        """Check the claim against the lake. Raises dagster.Failure naming the partitions that are not there."""
        lake, schema = self._workspace.get().lake, TABLES[obj.table]
        lost = [key for key in obj.keys if not lake.parts(schema, key) and lake.absence(schema, key) is None]
        if lost:
            raise dg.Failure(
                f"{context.asset_key.to_user_string()} claims partitions of {obj.table} that are not in the lake: "
                f"{', '.join(lost[:5])} ({len(lost)} in all). Next: materialise them again"
            )

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Return the newest rows of the asked partitions as one DataFrame (for notebooks and ad-hoc assets)."""
        lake = self._workspace.get().lake
        table = (context.upstream_output.definition_metadata if context.upstream_output else {})["lake_table"]
        schema = TABLES[str(table)]
        frames = []
        for key in context.asset_partition_keys:
            parts = lake.parts(schema, key)
            if parts:
                found = lake.read_part(schema, key, parts[-1])
                frames.append(found.to_pandas() if found is not None else pd.DataFrame(columns=schema.arrow.names))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=schema.arrow.names)


@dg.io_manager(required_resource_keys={"workspace"})
def lake_io_manager(context: dg.InitResourceContext) -> LakeIOManager:
    """Build the IO manager on the run's workspace."""
    return LakeIOManager(context.resources.workspace)
