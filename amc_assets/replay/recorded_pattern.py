"""File names with a date in them, as a folder's description writes them: ``shrt{date:%Y%m%d}.csv.gz``."""

import string
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path


@dataclass(frozen=True)
class DatedFiles:
    """The files of one pattern, relative to its folder; exactly one ``{date:FORMAT}``, FORMAT as in strftime."""

    before: str
    format: str
    after: str

    @classmethod
    def parse(cls, text: str) -> "DatedFiles":
        """Read a pattern. Raises ValueError with what a pattern must be."""
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError as error:
            raise ValueError(f"is not a pattern ({error})") from error
        dated = [part for part in parts if part[1] is not None]
        if [part[1] for part in dated] != ["date"] or not dated[0][2] or dated[0][3]:
            raise ValueError("must hold one {date:FORMAT}, as in shrt{date:%Y%m%d}.csv")
        index = parts.index(dated[0])
        after = "".join(literal for literal, *_ in parts[index + 1 :])
        if "/" in after + str(dated[0][2]):
            raise ValueError("must have the date in the file's own name: all dates of a feed lie in one folder")
        found = cls("".join(literal for literal, *_ in parts[: index + 1]), str(dated[0][2]), after)
        if found.date_of(found.name(date(2019, 8, 23))) != date(2019, 8, 23):
            raise ValueError("must name the whole date, year, month and day, as in {date:%Y%m%d}")
        return found

    def name(self, day: date) -> str:
        """Return the file of ``day``, relative to the folder."""
        return f"{self.before}{day:{self.format}}{self.after}"

    def date_of(self, name: str) -> date | None:
        """Return the date in a file name; None for a name of another pattern."""
        if not name.startswith(self.before) or not name.endswith(self.after):
            return None
        try:
            text = name[len(self.before) : len(name) - len(self.after)]
            return datetime.strptime(text, self.format).date()  # noqa: DTZ007 - a date, not an instant
        except ValueError:
            return None

    def dates(self, folder: Path) -> list[date]:
        """Return the dates of the files that are there, ascending."""
        parent = (folder / self.name(date(2019, 8, 23))).parent
        names = (f"{path.relative_to(folder).as_posix()}" for path in parent.glob("*"))
        return sorted(day for day in map(self.date_of, names) if day is not None)
