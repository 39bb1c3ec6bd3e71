"""What ``market.toml`` of a folder of recorded days may say: one typed section per feed, nothing else.

docs/simulated-market.md explains each key. Which files are there, and what that means, is ``recorded_folder.py``.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from amc_assets.replay.recorded_feeds import Feed

FACTS_PATTERN = "reference/sec_companyfacts_{symbol}_CIK{cik}.json.gz"

Path = Annotated[str, Meta(min_length=1, description="relative to the folder")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$", description="names the replay's own folder")]
Symbol = Annotated[str, Meta(pattern=r"^[A-Z]+(\.[A-Z]+|p[A-Z]?)?$", description="canonical spelling")]
Exchange = Literal["Q", "N", "A", "P", "Z"]


class Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table of the file: a key that is not declared is refused."""


class Bars(Section, frozen=True):
    """Daily bars: one Parquet file, or several whose rows are joined."""

    file: Path | None = None
    files: tuple[Path, ...] = ()


class Float(Section, frozen=True):
    """Floats as the public was shown them on one day."""

    file: Path
    known_on: date


class File(Section, frozen=True):
    """A section that names one file."""

    file: Path


class ShortInterest(Section, frozen=True):
    """Reports of settlement dates: a file per date in FINRA's layout, or one Parquet file of all dates."""

    pattern: str | None = None
    file: Path | None = None
    publication_lag_sessions: Annotated[int, Meta(ge=0, le=60)] | None = None


class ShortVolume(Section, frozen=True):
    """Daily short-volume files in FINRA's layout; ``stands_in_for`` names the feed whose place they take."""

    pattern: str
    stands_in_for: str | None = None


class Fails(Section, frozen=True):
    """Fails to deliver; ``selected`` symbols say nothing of any other symbol."""

    file: Path
    symbols: Literal["selected", "all"] = "all"


class ShareCounts(Section, frozen=True):
    """Floats and shares outstanding with the date of each; ``other_issuer`` names who must not use them."""

    file: Path
    other_issuer: Path | None = None


class CompanyFacts(Section, frozen=True):
    """The SEC's facts of single companies; the name of a file holds ``{symbol}`` and ``{cik}``."""

    pattern: str = FACTS_PATTERN


class NotRecorded(Section, frozen=True):
    """Feeds that the folder says it lacks; a feed without a section is not recorded either."""

    datasets: tuple[Feed, ...] = ()


class Description(Section, frozen=True):
    """The whole file. Required: name, first_day, last_day, bars."""

    name: Name
    first_day: date
    last_day: date
    bars: Bars
    price_basis_date: date | None = None
    directory_settlement_date: date | None = None
    watch: tuple[Symbol, ...] = ()
    float_: Float | None = field(default=None, name="float")
    directory: File | None = None
    screeners: dict[Path, Exchange] = {}
    short_interest: ShortInterest | None = None
    short_volume: ShortVolume | None = None
    fails_to_deliver: Fails | None = None
    splits: File | None = None
    share_counts: ShareCounts | None = None
    company_facts: CompanyFacts = CompanyFacts()
    not_recorded: NotRecorded = NotRecorded()
