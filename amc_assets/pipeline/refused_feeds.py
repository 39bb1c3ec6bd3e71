"""Answers that were refused and would have been read by a run: the run is degraded and says so, by dataset."""

from collections.abc import Callable
from datetime import date, datetime

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import (
    DAILY_BARS,
    FAILS_TO_DELIVER,
    OPTION_CHAINS,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    THRESHOLD_LIST,
    UNIVERSE,
)
from amc_assets.market.calendar import previous_session
from amc_assets.market.publication import daily_bar_published_at, newest_published, short_volume_published_at
from amc_assets.pipeline.identity import Moment
from amc_assets.reasons import Reason

LAST_PARTITIONS = 3
"""Fails and threshold lists are read of the newest partition known, which may be days or half months back."""
_OF_THE_DAY = {"universe": UNIVERSE, "share_counts": SHARE_COUNTS, "options": OPTION_CHAINS}


def refused_feeds(lake: Lake, moment: Moment) -> dict[str, str]:
    """Return why the newest answer of a dataset is not in the lake, for what a run of ``moment`` reads."""
    day = moment.trade_date
    asked = {dataset: (schema, [day.isoformat()]) for dataset, schema in _OF_THE_DAY.items()}
    asked["daily_bars"] = (DAILY_BARS, [_newest(moment, daily_bar_published_at)])
    asked["short_volume"] = (SHORT_VOLUME, [_newest(moment, short_volume_published_at)])
    settlement = newest_published(moment.as_of)
    asked["short_interest"] = (SHORT_INTEREST, [settlement.isoformat()] if settlement else [])
    for schema in (FAILS_TO_DELIVER, THRESHOLD_LIST):
        keys = [key for key in lake.asked_partitions(schema) if key <= day.isoformat()]
        asked[schema.name] = (schema, keys[-LAST_PARTITIONS:])
    found = {dataset: _refusal(lake, schema, keys) for dataset, (schema, keys) in asked.items()}
    return {dataset: why for dataset, why in found.items() if why}


def _newest(moment: Moment, published_at: Callable[[date], datetime]) -> str:
    """Return the newest session whose file is out at the run's ``as_of``."""
    day = moment.trade_date
    return (day if published_at(day) <= moment.as_of else previous_session(day)).isoformat()


def _refusal(lake: Lake, schema: TableSchema, keys: list[str]) -> str:
    notes = [lake.absence(schema, key) for key in keys]
    refused = [note.detail for note in notes if note is not None and note.reason is Reason.IMPLAUSIBLE_FEED]
    return refused[-1] if refused else ""
