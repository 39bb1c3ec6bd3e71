"""A folder of recorded days: its ``market.toml`` read and checked, its files named, its absent feeds explained.

Nothing about any one folder stands in the code: range, share basis, files and watch list come from the description.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import msgspec

from amc_assets.market.calendar import sessions_between
from amc_assets.market.errors import MarketError
from amc_assets.replay.recorded_description import Description
from amc_assets.replay.recorded_feeds import FEED_OF, Feed
from amc_assets.replay.recorded_pattern import DatedFiles

DESCRIPTION = "market.toml"
_GUIDE = 'docs/simulated-market.md, "Recorded days", explains every key'


class RecordedDataError(ValueError):
    """A folder of recorded days cannot be replayed; the message names file and key, and what to do."""


@dataclass(frozen=True)
class RecordedFolder:
    """One folder and what it says of itself; every file that the description names is there."""

    path: Path
    description: Description

    @classmethod
    def open(cls, path: Path) -> "RecordedFolder":
        """Read and check ``market.toml`` of ``path``. Raises RecordedDataError."""
        file = path / DESCRIPTION
        if not file.is_file():
            raise RecordedDataError(
                f"no recorded market at {path}: {DESCRIPTION} is not there. Next: give the folder that holds it, write "
                f"one ({_GUIDE}), or use the simulated market, which needs no data"
            )
        try:
            text = file.read_text(encoding="utf-8")
            found = msgspec.convert(tomllib.loads(text), type=Description)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RecordedDataError(f"{file} cannot be read: {error}. Next: correct it; {_GUIDE}") from error
        except msgspec.ValidationError as error:
            said = str(error).replace("`$.", "`").replace("`$`", "the top of the file")
            raise RecordedDataError(f"{file}: {said}. Next: correct that key; {_GUIDE}") from error
        folder = cls(path, found)
        _check(folder)
        return folder

    @cached_property
    def bar_files(self) -> tuple[Path, ...]:
        """The Parquet files of daily bars, in the order of the description."""
        bars = self.description.bars
        return tuple(self.path / name for name in ((bars.file,) if bars.file else bars.files))

    @cached_property
    def short_interest_files(self) -> DatedFiles | None:
        """The file of each settlement date; None when there is none per date."""
        said = self.description.short_interest
        return DatedFiles.parse(said.pattern) if said and said.pattern else None

    @cached_property
    def short_volume_files(self) -> DatedFiles | None:
        """The file of each session; None when short volume was not recorded."""
        said = self.description.short_volume
        return DatedFiles.parse(said.pattern) if said else None

    @cached_property
    def facts_files(self) -> tuple[tuple[str, Path], ...]:
        """Symbol and file of the companies whose facts were recorded."""
        pattern = self.description.company_facts.pattern
        names = sorted(self.path.glob(pattern.replace("{symbol}", "*").replace("{cik}", "*")))
        before, _, after = PurePosixPath(pattern).name.partition("{symbol}")
        between = after.partition("{cik}")[0]
        return tuple((path.name[len(before) :].partition(between)[0], path) for path in names)

    @cached_property
    def recorded_feeds(self) -> frozenset[Feed]:
        """The feeds that the folder holds.

        Bars on one share basis hold their splits: none is left to apply to them, and an empty list says so.
        """
        said = self.description
        held = {
            Feed.FLOAT: said.float_ or said.share_counts,
            Feed.SHORT_INTEREST: said.short_interest,
            Feed.SHORT_VOLUME: said.short_volume,
            Feed.FAILS_TO_DELIVER: said.fails_to_deliver,
            Feed.SPLITS: said.splits or said.price_basis_date,
            Feed.COMPANY_FACTS: self.facts_files,
        }
        return frozenset(feed for feed, section in held.items() if section)

    def why_not_recorded(self, dataset: str) -> str:
        """Return why a dataset of the wire has no answer in this folder; empty for one that it holds."""
        feed = FEED_OF.get(dataset)
        if feed is None or feed in self.recorded_feeds:
            return ""
        return f"{feed} was not recorded in {self.description.name}"

    def named(self, key: str, name: str) -> Path:
        """Return a file that ``key`` names. Raises RecordedDataError when it leaves the folder or is not there."""
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts:
            raise self.error(key, f"{name!r} leaves the folder. Next: give a path inside it, without ..")
        if not (self.path / name).is_file():
            raise self.error(
                key, f"{name!r} is not there. Next: put the file there, or remove the section: then it was not recorded"
            )
        return self.path / name

    def error(self, key: str, said: str) -> RecordedDataError:
        """Return the error about one key of the description."""
        return RecordedDataError(f"{self.path / DESCRIPTION}: {key}: {said}; {_GUIDE}")


def _check(folder: RecordedFolder) -> None:
    """Raise RecordedDataError for the first thing in which the description and the folder do not agree."""
    _check_range(folder)
    bars, interest = folder.description.bars, folder.description.short_interest
    for key, one, other, both in (
        ("bars", bars.file, bars.files, "file or files"),
        *((("short_interest", interest.pattern, interest.file, "pattern or file"),) if interest else ()),
    ):
        if bool(one) == bool(other):
            raise folder.error(key, f"must give either {both}. Next: keep one of the two")
    for key, name in _files(folder.description):
        folder.named(key, name)
    _check_patterns(folder)
    _check_listings(folder)
    _check_not_recorded(folder)


def _check_range(folder: RecordedFolder) -> None:
    first, last = folder.description.first_day, folder.description.last_day
    try:
        days = sessions_between(first, last)
    except MarketError as error:
        raise folder.error("first_day, last_day", f"{error}") from error
    if not days:
        raise folder.error("first_day, last_day", f"no trading session from {first} to {last}. Next: correct the range")


def _files(said: Description) -> Iterator[tuple[str, str]]:
    """Yield (key, file) of every single file that the description names."""
    yield from (("bars", name) for name in ((said.bars.file,) if said.bars.file else said.bars.files))
    if said.short_interest and said.short_interest.file:
        yield "short_interest.file", said.short_interest.file
    sections = {
        "float": said.float_, "directory": said.directory, "fails_to_deliver": said.fails_to_deliver,
        "splits": said.splits, "share_counts": said.share_counts,
    }  # fmt: skip
    yield from ((f"{key}.file", section.file) for key, section in sections.items() if section)
    if said.share_counts and said.share_counts.other_issuer:
        yield "share_counts.other_issuer", said.share_counts.other_issuer
    yield from (("screeners", name) for name in said.screeners)


def _check_patterns(folder: RecordedFolder) -> None:
    said = folder.description
    for key, section in (("short_interest", said.short_interest), ("short_volume", said.short_volume)):
        if section is None or section.pattern is None:
            continue
        try:
            files = DatedFiles.parse(section.pattern)
        except ValueError as error:
            raise folder.error(f"{key}.pattern", f"{section.pattern!r} {error}. Next: correct it") from error
        if PurePosixPath(section.pattern).is_absolute() or ".." in PurePosixPath(section.pattern).parts:
            raise folder.error(f"{key}.pattern", f"{section.pattern!r} leaves the folder. Next: stay inside it")
        if not files.dates(folder.path):
            raise folder.error(
                f"{key}.pattern", f"no file is named {section.pattern!r}. Next: correct it, or remove the section"
            )
    pattern = PurePosixPath(said.company_facts.pattern)
    if pattern.is_absolute() or ".." in pattern.parts:
        raise folder.error("company_facts.pattern", f"{str(pattern)!r} leaves the folder. Next: stay inside it")
    if pattern.name.find("{cik}") < pattern.name.find("{symbol}") + 1 or "{symbol}{cik}" in pattern.name:
        raise folder.error("company_facts.pattern", f"must hold {{symbol}} and later {{cik}}, not {pattern.name!r}")


def _check_listings(folder: RecordedFolder) -> None:
    said, day = folder.description, folder.description.directory_settlement_date
    if not (said.directory or said.screeners or said.short_interest):
        raise folder.error(
            "directory", "nothing says what is listed. Next: name a directory, screeners or short-interest files: bars "
            "alone do not tell a company from a fund"
        )  # fmt: skip
    if day is None:
        return
    files = folder.short_interest_files
    if said.short_interest is None or (files and not (folder.path / files.name(day)).is_file()):
        raise folder.error(
            "directory_settlement_date", f"there is no short-interest report of {day}. Next: name a date that has one"
        )


def _check_not_recorded(folder: RecordedFolder) -> None:
    both = sorted(folder.recorded_feeds & frozenset(folder.description.not_recorded.datasets))
    if both:
        raise folder.error(
            "not_recorded.datasets",
            f"{both[0].value} stands here and has a section too. Next: keep one of the two",
        )
