"""What was refused for a day, and what a person accepted: one file beside the partition, nothing in it is deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from amc_assets.lake.files import read_json, replace_file, write_json
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.pipeline.feed_checks.judge import Broken

FILE = "feed_check.json"
SLACK_FRAC = 0.05
"""A second answer of the same content may measure slightly differently: a few rows came since."""
MOST_REFUSALS = 50


@dataclass(frozen=True)
class Accepted:
    """The numbers by rule that a person accepted for one day, why and when."""

    numbers: Mapping[str, float]
    why: str
    accepted_at: str

    def covers(self, broken: Broken) -> bool:
        """Return whether a broken rule stands within the accepted number."""
        number = self.numbers.get(broken.rule.name)
        if number is None:
            return False
        value, slack = broken.measured.value, SLACK_FRAC * abs(number)
        return value <= number + slack if value > broken.allowed.most else value >= number - slack


class NothingRefusedError(ValueError):
    """There is no refused answer to accept; the message says what is there."""


def keep_refusal(
    lake: Lake, schema: TableSchema, partition: str, broken: Sequence[Broken], *, at: datetime, limits_hash: str
) -> None:
    """Record what was measured of an answer that was not stored. Raises LakeError."""
    path = _path(lake, schema, partition)
    content = _content(path)
    last = content["refused"][-1]["numbers"] if content["refused"] else None
    numbers = {item.rule.name: item.measured.value for item in broken}
    if numbers == last:  # a day is asked for again every quarter of an hour
        return
    refused: dict[str, object] = {
        "refused_at": at.isoformat(),
        "limits_hash": limits_hash,
        "numbers": numbers,
        "sentences": [item.sentence for item in broken],
    }
    content["refused"] = [*content["refused"], refused][-MOST_REFUSALS:]
    replace_file(path, lambda temporary: write_json(temporary, content))


def accept(lake: Lake, schema: TableSchema, partition: str, *, why: str, at: datetime) -> Accepted:
    """Accept the newest refused answer of a day: the next one with these numbers is stored.

    Raises NothingRefusedError, LakeError.
    """
    path = _path(lake, schema, partition)
    content = _content(path)
    if not content["refused"]:
        raise NothingRefusedError(
            f"no answer for {schema.name} of {partition} was refused, so there is nothing to accept. Next: "
            "`amc doctor` and the checks in Dagster say what is wrong"
        )
    numbers = content["refused"][-1]["numbers"]
    accepted = {"accepted_at": at.isoformat(), "why": why, "numbers": numbers}
    content["accepted"] = [*content["accepted"], accepted]
    replace_file(path, lambda temporary: write_json(temporary, content))
    return _accepted(accepted)


def accepted_for(lake: Lake, schema: TableSchema, partition: str) -> list[Accepted]:
    """Return what was accepted for a day, oldest first."""
    return [_accepted(item) for item in _content(_path(lake, schema, partition))["accepted"]]


def _accepted(item: Mapping[str, object]) -> Accepted:
    numbers = item["numbers"]
    assert isinstance(numbers, dict)  # noqa: S101 - only keep_refusal writes it
    return Accepted({name: float(value) for name, value in numbers.items()}, str(item["why"]), str(item["accepted_at"]))


def _path(lake: Lake, schema: TableSchema, partition: str) -> Path:
    return lake.notes_file(schema, partition).with_name(FILE)


def _content(path: Path) -> dict[str, list[dict[str, object]]]:
    content = read_json(path) if path.exists() else {}
    parts = {name: content.get(name) for name in ("refused", "accepted")}
    return {name: [dict(item) for item in part] if isinstance(part, list) else [] for name, part in parts.items()}
