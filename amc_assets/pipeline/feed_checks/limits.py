"""What a feed may do from one day to the next: the typed form of ``calibration/feed_checks.toml`` and its hash."""

import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).resolve().parents[2] / "calibration"


class FeedLimitsError(ValueError):
    """The file of feed limits is absent, no TOML, or breaks a rule; the message names the place."""


class Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers a rule lets through, both ends included."""

    least: float
    most: float

    def holds(self, value: float) -> bool:
        """Return whether a measured number is within; a number that could not be measured is."""
        return math.isnan(value) or self.least <= value <= self.most


class TableLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of one table. most_days_apart: calendar days back to which an earlier day is compared with."""

    most_days_apart: int
    rules: dict[str, Allowed]


class FeedLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Everything the file holds. least_names: names that both days must have before anything is compared."""

    least_names: int
    tables: dict[str, TableLimits]

    @cached_property
    def limits_hash(self) -> str:
        """SHA-256 of the canonical content; every refusal records it."""
        return hashlib.sha256(msgspec.json.encode(msgspec.to_builtins(self), order="sorted")).hexdigest()


def load_feed_limits(rules: Mapping[str, Iterable[str]], root: Path | None = None) -> FeedLimits:
    """Read and check ``feed_checks.toml`` of ``root`` (default: the shipped folder); ``rules`` are names by table.

    Raises FeedLimitsError.
    """
    path = (root or _FOLDER) / "feed_checks.toml"
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), FeedLimits)
        _refuse_wrong(found, rules)
    except FileNotFoundError as absent:
        raise FeedLimitsError(f"{path} is not there: restore the file or name another folder") from absent
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as refused:
        raise FeedLimitsError(f"{path}: {refused}; correct the file or restore the shipped one") from refused
    return found


def _refuse_wrong(found: FeedLimits, rules: Mapping[str, Iterable[str]]) -> None:
    """Raise ValueError where the file and the rules of the code disagree, or a range is none."""
    if found.least_names < 1:
        raise ValueError(f"least_names must be at least 1, it is {found.least_names}")
    wanted, given = ({name: sorted(each) for name, each in named.items()} for named in (rules, _names(found)))
    for table in sorted({*wanted, *given}):
        if wanted.get(table) != given.get(table):
            raise ValueError(f"tables.{table}.rules must name {wanted.get(table)}, it names {given.get(table)}")
    for table, limits in found.tables.items():
        if limits.most_days_apart < 1:
            raise ValueError(f"tables.{table}.most_days_apart must be at least 1")
        for name, allowed in limits.rules.items():
            if not (math.isfinite(allowed.least) and allowed.least < allowed.most < math.inf):
                raise ValueError(f"tables.{table}.rules.{name}: least must be below most")


def _names(found: FeedLimits) -> dict[str, Iterable[str]]:
    return {table: limits.rules for table, limits in found.tables.items()}
