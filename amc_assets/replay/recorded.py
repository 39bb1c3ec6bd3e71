"""The recorded market: real days read from a data folder that does not ship; the folder says what it holds.

Nothing is filled in: what the folder does not hold is absent on the wire. Short-volume files of other venues can stand
in for FINRA's; they are served in FINRA's spelling (recorded_spelling.py). Bars on one share basis are served as
``adjusted`` whatever was asked, unless the folder also has splits: then they are served as they were traded.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from amc_assets.replay.market import (
    BarsOfDay,
    FailRow,
    FloatRow,
    Listing,
    ShareCountRow,
    ShortInterestReport,
    ShortVolumeOfDay,
    SplitRow,
)
from amc_assets.replay.recorded_bars import BarPanel, as_traded, read_panel
from amc_assets.replay.recorded_events import read_fails
from amc_assets.replay.recorded_files import read_pipe_table, read_short_interest, text_column
from amc_assets.replay.recorded_folder import RecordedDataError, RecordedFolder
from amc_assets.replay.recorded_history import read_reports
from amc_assets.replay.recorded_reference import read_listings
from amc_assets.replay.recorded_shares import read_floats, read_share_counts, read_splits
from amc_assets.replay.recorded_spelling import in_finra_spelling
from amc_assets.replay.recorded_tables import unzipped
from amc_assets.replay.unrecorded import Unrecorded

__all__ = ["RecordedDataError", "RecordedMarket"]


class RecordedMarket(Unrecorded):
    """Serve the days recorded in ``data_dir``; its ``market.toml`` is read now, data files on first use and kept.

    All symbols with bars are served, because universe filters belong to the reader; ``include_incomplete=False`` keeps
    those whose bars are marked ``complete_for_replay``. Raises RecordedDataError for a folder that cannot be replayed.
    """

    is_simulated = False

    def __init__(self, data_dir: Path, include_incomplete: bool = True) -> None:
        self._folder = RecordedFolder.open(data_dir)
        said = self._folder.description
        self._include_incomplete = include_incomplete
        self.name = said.name
        self.first_day, self.last_day = said.first_day, said.last_day
        self.watched = said.watch
        self.bars_basis_date = None if said.splits else said.price_basis_date

    def prepare(self) -> None:
        """Read now what every run needs, so that a broken file is found before anything runs.

        Raises RecordedDataError naming the sections of the description.
        """
        reads: dict[str, Callable[[], object]] = {
            "bars": lambda: self._panel,
            "float, share_counts": lambda: self._floats,
            "splits": lambda: self._splits,
            "fails_to_deliver": lambda: self._fails,
            "company_facts": lambda: self._share_counts,
            "directory, screeners, short_interest": lambda: self._listings,
        }
        for key, read in reads.items():
            try:
                read()
            except RecordedDataError:
                raise
            except (ValueError, LookupError, csv.Error, OSError) as error:
                said = f"cannot be read: {type(error).__name__}: {error}. Next: correct the file"
                raise self._folder.error(key, said) from error

    def why_not_recorded(self, dataset: str) -> str:
        """Return why a dataset has no answer in this folder; empty for one that it holds."""
        return self._folder.why_not_recorded(dataset)

    def stands_in_for(self, dataset: str) -> str:
        """Return what the short-volume files really are, where they stand in for FINRA's; else an empty text."""
        said = self._folder.description.short_volume
        is_stand_in = said is not None and said.stands_in_for == "finra.short_volume"
        return str(Path(said.pattern).parent) if said and is_stand_in and dataset == "daily_short_volume" else ""

    def directory(self, day: date) -> Sequence[Listing]:  # noqa: ARG002 - one directory was recorded
        """Return the recorded listings, the same for every day."""
        return self._listings

    def bars(self, day: date) -> BarsOfDay | None:
        """Return the bars of ``day``; VWAP and trade counts were not recorded."""
        return self._panel.bars(day)

    def short_volume(self, day: date) -> ShortVolumeOfDay | None:
        """Return the short volume of ``day`` in FINRA's spelling; None for a day that was not recorded."""
        body = self.short_volume_file(day)
        if body is None:
            return None
        table = read_pipe_table(body[: body.rstrip().rfind(b"\n") + 1])
        short, exempt, total = (
            table[name].to_numpy().astype(np.float64) for name in ("ShortVolume", "ShortExemptVolume", "TotalVolume")
        )
        return ShortVolumeOfDay(text_column(table, "Symbol"), short, exempt, total, text_column(table, "Market"))

    def short_volume_file(self, day: date) -> bytes | None:
        """Return the recorded file of ``day`` in FINRA's spelling of symbols."""
        files = self._folder.short_volume_files
        body = None if files is None else unzipped(self._folder.path / files.name(day))
        return None if body is None else in_finra_spelling(body)

    def settlements(self) -> list[date]:
        """Return the recorded settlement dates."""
        files = self._folder.short_interest_files
        return sorted(self._history) if files is None else self._dated_reports

    def short_interest(self, settlement: date) -> ShortInterestReport | None:
        """Return the report of ``settlement``."""
        if self._folder.short_interest_files is None:
            return self._history.get(settlement)
        if settlement not in self._reports:
            body = self.short_interest_file(settlement)
            if body is None:
                return None
            self._reports[settlement] = read_short_interest(settlement, body)
        return self._reports[settlement]

    def short_interest_file(self, settlement: date) -> bytes | None:
        """Return the recorded bytes of ``settlement``; None where the reports are rows of one table."""
        files = self._folder.short_interest_files
        return None if files is None else unzipped(self._folder.path / files.name(settlement))

    def floats(self) -> Sequence[FloatRow]:
        """Return the recorded floats, each with the date on which it was shown."""
        return self._floats

    def splits(self, first: date, last: date) -> Sequence[SplitRow]:
        """Return the recorded splits executed from ``first`` to ``last``, in order."""
        return [row for row in self._splits if first <= row.execution_date <= last]

    def fails(self, first: date, last: date) -> Sequence[FailRow] | None:
        """Return the recorded fails from ``first`` to ``last``; None when none of the days was recorded.

        Where the description says ``selected``, a symbol without a row is unknown, not without fails.
        """
        return [row for row in self._fails if first <= row.settlement_date <= last] or None

    def share_counts(self) -> Sequence[ShareCountRow]:
        """Return the shares outstanding as the recorded companies' filings stated them."""
        return self._share_counts

    @cached_property
    def _fails(self) -> list[FailRow]:
        said = self._folder.description.fails_to_deliver
        return [] if said is None else read_fails(self._folder.path / said.file)

    @cached_property
    def _share_counts(self) -> list[ShareCountRow]:
        return read_share_counts(self._folder)

    @cached_property
    def _reports(self) -> dict[date, ShortInterestReport]:
        return {}

    @cached_property
    def _history(self) -> Mapping[date, ShortInterestReport]:
        said = self._folder.description.short_interest
        return read_reports(self._folder.path / said.file) if said and said.file else {}

    @cached_property
    def _dated_reports(self) -> list[date]:
        files = self._folder.short_interest_files
        return [] if files is None else files.dates(self._folder.path)

    @cached_property
    def _floats(self) -> list[FloatRow]:
        return read_floats(self._folder)

    @cached_property
    def _splits(self) -> list[SplitRow]:
        return read_splits(self._folder)

    @cached_property
    def _listings(self) -> list[Listing]:
        chosen = self._folder.description.directory_settlement_date
        wanted = self.settlements()[::-1] if chosen is None else [chosen]
        reports = [report for report in map(self.short_interest, wanted) if report is not None]
        traded = frozenset(self._panel.names[np.unique(self._panel.codes)].tolist())
        return read_listings(self._folder, reports, traded)

    @cached_property
    def _panel(self) -> BarPanel:
        panel = read_panel(self._folder, include_incomplete=self._include_incomplete)
        basis = self._folder.description.price_basis_date
        return panel if basis is None else as_traded(panel, self._splits, basis)
