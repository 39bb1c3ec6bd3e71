"""Short-interest reports of today's securities: a report's column of the cycle before may be a former holder's."""

from datetime import timedelta

import numpy as np
import pyarrow as pa

from amc_assets.features.identity import IdentityHistory
from amc_assets.features.instants import day_number
from amc_assets.market.publication import LONGEST_CYCLE, settlement_dates

_PREVIOUS = "previous_short_interest_shares"


def reports_of_securities(table: pa.Table, identities: IdentityHistory) -> pa.Table:
    """Return rows of SHORT_INTEREST under the symbols of today's securities.

    The first report after another security took a symbol prints the former holder's position as the previous one: it
    is emptied.
    """
    own = identities.applied(table, "settlement_date")
    if not identities.spans or not own.num_rows:
        return own
    settled = own["settlement_date"].to_pylist()
    before = {
        day: day_number(settlement_dates(day - LONGEST_CYCLE, day - timedelta(days=1))[-1]) for day in set(settled)
    }
    symbols = np.array(own["symbol"].to_pylist(), dtype=np.str_)
    is_new = identities.began_after(symbols, np.array([before[day] for day in settled], np.int64))
    if not is_new.any():
        return own
    index = own.column_names.index(_PREVIOUS)
    values = own[_PREVIOUS].to_numpy().copy()
    values[is_new] = np.nan
    return own.set_column(index, own.schema.field(index), pa.array(values, pa.float64(), from_pandas=True))
