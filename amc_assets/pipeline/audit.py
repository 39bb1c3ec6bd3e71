"""Look at what a run stored, from the outside: is anything in it from after its as_of?"""

import pyarrow.compute as pc

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import FEATURE_SNAPSHOT
from amc_assets.pipeline.identity import Moment


def future_rows(lake: Lake, moment: Moment, part: str) -> tuple[int, int]:
    """Return how many values of the stored snapshot were checked, and how many were known after the as_of."""
    table = lake.read_part(FEATURE_SNAPSHOT, moment.trade_date.isoformat(), part)
    if table is None or not table.num_rows:
        return 0, 0
    known_at = table.column("known_at").drop_null()
    late = pc.sum(pc.greater(known_at, table.column("as_of")[0])).as_py() or 0
    return len(known_at), int(late)
