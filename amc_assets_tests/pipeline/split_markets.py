"""A small lake around 2021-01-13 in which the value of AAA never moves and only its share count does."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS, SHORT_INTEREST, SPLITS, UNIVERSE
from amc_assets.market.calendar import session_offset, sessions_between
from amc_assets_tests.features.panels import bars_table, interest_table, shares_table, splits_table, universe_table

DAY = date(2021, 1, 13)
SESSIONS = sessions_between(session_offset(DAY, -60), session_offset(DAY, 11))
SETTLEMENTS = (date(2020, 12, 31), date(2021, 1, 15), date(2021, 1, 29))
NOW = datetime(2021, 6, 1, tzinfo=UTC)
PRICE_USD, VOLUME, SHORT, FLOAT = 50.0, 200_000.0, 3_000_000.0, 30_000_000.0


@dataclass(frozen=True)
class Change:
    """New shares per old one from ``executed`` on; whether a source tells of it, and which flags FINRA sets when."""

    ratio: float = 1.0
    executed: date = date(2021, 1, 14)
    is_known: bool = True
    split_flag: date | None = None
    revision_flag: date | None = None

    def shares(self, count: float, day: date) -> float:
        """Return what ``count`` old shares are on ``day``."""
        return count * self.ratio if day >= self.executed else count


def fill(lake: Lake, change: Change, without: date | None = None) -> Lake:
    """Write raw bars (basis: their own day), reports, floats and listings of AAA, and of HIT, a true squeeze.

    without: a settlement date whose report is not written.
    """
    for day in SESSIONS:
        aaa = ("AAA", PRICE_USD / change.shares(1.0, day), change.shares(VOLUME, day))
        hit = ("HIT", 2 * PRICE_USD if day == session_offset(DAY, 3) else PRICE_USD, VOLUME)
        lake.write(DAILY_BARS, day.isoformat(), bars_table(day, [aaa, hit]), NOW)
    for settlement in (day for day in SETTLEMENTS if day != without):
        aaa_row = {
            "symbol": "AAA", "settlement": settlement, "shares": change.shares(SHORT, settlement),
            "split": settlement == change.split_flag, "revised": settlement == change.revision_flag,
        }  # fmt: skip
        covered = SHORT if settlement <= DAY else 0.5 * SHORT
        hit_row = {"symbol": "HIT", "settlement": settlement, "shares": covered}
        lake.write(SHORT_INTEREST, settlement.isoformat(), interest_table(aaa_row, hit_row), NOW)
    counts = [{"symbol": name, "trade_date": DAY, "float": FLOAT, "effective": SESSIONS[0]} for name in ("AAA", "HIT")]
    lake.write(SHARE_COUNTS, DAY.isoformat(), shares_table(*counts), NOW)
    lake.write(UNIVERSE, DAY.isoformat(), universe_table(["AAA", "HIT"], day=DAY), NOW)
    if change.is_known and change.ratio != 1.0:
        row = splits_table(("AAA", change.executed, change.ratio, NOW - timedelta(days=30)))
        lake.write(SPLITS, change.executed.replace(day=1).isoformat(), row, NOW)
    return lake
