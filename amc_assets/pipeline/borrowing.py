"""The table ``borrow_stress``: what a run's frozen features say of how hard each name is to short."""

import pyarrow as pa

from amc_assets.features.borrow.calibration import load_stress_calibration
from amc_assets.features.borrow.scarcity import borrow_rows
from amc_assets.features.snapshot import Snapshot
from amc_assets.lake.arrow_types import INSTANT
from amc_assets.lake.tables import BORROW_STRESS
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.workspace import Workspace

SOURCE = "amc.borrow_stress"


def keep_borrow_stress(workspace: Workspace, snapshot: Snapshot) -> Ingested:
    """Store the stress of every symbol of a run's snapshot, known at its as_of."""
    rows = borrow_rows(snapshot.symbols, snapshot.features, load_stress_calibration())
    count, key = rows.num_rows, snapshot.trade_date.isoformat()
    table = (
        rows.append_column("trade_date", pa.repeat(pa.scalar(snapshot.trade_date, pa.date32()), count))
        .append_column("source", pa.repeat(pa.scalar(SOURCE), count))
        .append_column("known_at", pa.repeat(pa.scalar(snapshot.as_of, INSTANT), count))
        .append_column("is_simulated", pa.repeat(pa.scalar(snapshot.is_simulated), count))
    ).select(BORROW_STRESS.given_names)
    written = workspace.write(BORROW_STRESS, key, table, snapshot.as_of)
    return Ingested(BORROW_STRESS.name, key, written.rows, written.rows_new, known_at=snapshot.as_of, source=SOURCE)
