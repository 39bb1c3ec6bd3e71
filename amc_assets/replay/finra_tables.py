"""The rows of FINRA's query API for one partition: short interest, short volume per facility, the OTC threshold list.

Columns are read by the API's field names; a table knows nothing of pages or filters.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from amc_assets.replay.market import ShortInterestReport, ShortVolumeOfDay, TextArray, text_array
from amc_assets.replay.spelling import finra_daily

FACILITY_OF_CODE = {"Q": "NQTRF", "B": "NCTRF", "N": "NYTRF", "D": "ADF", "O": "ORF"}
_SHARE_OF_CODE = {"B": 0.01, "N": 0.05, "D": 0.01}
_INTEREST_ATTRIBUTE = {
    "symbolCode": "symbols",
    "issueName": "issue_names",
    "issuerServicesGroupExchangeCode": "exchange_codes",
    "marketClassCode": "market_classes",
    "currentShortPositionQuantity": "short_interest_shares",
    "previousShortPositionQuantity": "previous_short_interest_shares",
    "averageDailyVolumeQuantity": "average_daily_volume_shares",
    "daysToCoverQuantity": "days_to_cover",
    "changePercent": "change_pct",
}
_TEXT = frozenset({"symbolCode", "issueName", "issuerServicesGroupExchangeCode", "marketClassCode"})
Positions = npt.NDArray[np.int64]


class PartitionTable(Protocol):
    """Rows of one partition date."""

    @property
    def day(self) -> date:
        """Partition date."""
        ...

    @property
    def symbols(self) -> TextArray:
        """Ticker of each row, in the dataset's own spelling."""
        ...

    def column(self, name: str, positions: Positions) -> list[Any]:
        """Return the JSON values of field ``name`` in the rows at ``positions``."""
        ...


class InterestTable:
    """consolidatedShortInterest of one settlement date."""

    def __init__(self, report: ShortInterestReport) -> None:
        self._report = report
        self.day = report.settlement_date
        self.symbols = report.symbols

    def column(self, name: str, positions: Positions) -> list[Any]:
        """Return the values of a field; numbers that are whole have no decimals."""
        report = self._report
        if name == "settlementDate":
            return [self.day.isoformat()] * len(positions)
        if name == "accountingYearMonthNumber":
            return [int(f"{self.day:%Y%m%d}")] * len(positions)
        if name == "stockSplitFlag":
            return ["S" if flag else None for flag in report.is_split_flagged[positions].tolist()]
        if name == "revisionFlag":
            return ["R" if flag else None for flag in report.is_revision_flagged[positions].tolist()]
        if name == "changePreviousNumber":
            change = report.short_interest_shares - report.previous_short_interest_shares
            return [number(value) for value in change[positions].tolist()]
        values = getattr(report, _INTEREST_ATTRIBUTE[name])[positions].tolist()
        return values if name in _TEXT else [number(value) for value in values]


class FacilityTable:
    """regShoDaily of one day: one row per symbol and facility, which add up to the daily file's row exactly."""

    def __init__(self, day: date, volume: ShortVolumeOfDay) -> None:
        rows = _facility_rows(volume)
        self.day = day
        self.symbols = text_array([row[0] for row in rows])
        self._codes = text_array([row[1] for row in rows])
        self._shares = np.array([row[2:] for row in rows], dtype=np.float64).reshape(len(rows), 3)

    def column(self, name: str, positions: Positions) -> list[Any]:
        """Return the values of a field; quantities may have up to six decimals."""
        if name == "tradeReportDate":
            return [self.day.isoformat()] * len(positions)
        if name == "securitiesInformationProcessorSymbolIdentifier":
            return list(self.symbols[positions].tolist())
        codes = self._codes[positions].tolist()
        if name == "marketCode":
            return list(codes)
        if name == "reportingFacilityCode":
            return [FACILITY_OF_CODE.get(code, code) for code in codes]
        column = ("shortParQuantity", "shortExemptParQuantity", "totalParQuantity").index(name)
        return [number(value) for value in self._shares[positions, column].tolist()]

    def shorts(self) -> list[tuple[str, str, float, float]]:
        """Return (symbol, market code, short, exempt) of every row."""
        short, exempt = self._shares[:, 0].tolist(), self._shares[:, 1].tolist()
        return list(zip(self.symbols.tolist(), self._codes.tolist(), short, exempt, strict=True))


class ThresholdTable:
    """thresholdList of one day: over-the-counter names with persistent fails."""

    def __init__(self, day: date, symbols: Sequence[str], names: Sequence[str]) -> None:
        self.day = day
        self.symbols = text_array([finra_daily(symbol) for symbol in symbols])
        self._names = text_array(names)

    def column(self, name: str, positions: Positions) -> list[Any]:
        """Return the values of a field; every row is flagged."""
        if name == "issueSymbolIdentifier":
            return list(self.symbols[positions].tolist())
        if name == "issueName":
            return list(self._names[positions].tolist())
        fixed = {"tradeDate": self.day.isoformat(), "marketClassCode": "OTC", "thresholdListFlag": "Y"}
        return [fixed.get(name, "Y")] * len(positions)


def number(value: float) -> float | int:
    """Return a whole number as an integer: FINRA sends integers without decimals."""
    return int(value) if value == int(value) else value


def _facility_rows(volume: ShortVolumeOfDay) -> list[tuple[str, str, float, float, float]]:
    rows: list[tuple[str, str, float, float, float]] = []
    columns = zip(
        map(finra_daily, volume.symbols), volume.market_codes, volume.short_volume_shares.tolist(),
        volume.short_exempt_volume_shares.tolist(), volume.total_volume_shares.tolist(), strict=True,
    )  # fmt: skip
    for symbol, joined, short, exempt, total in columns:
        codes = joined.split(",")
        main = "Q" if "Q" in codes else codes[0]
        rest = [short, exempt, total]
        for code in codes:
            if code != main:
                part = _part(short, exempt, total, _SHARE_OF_CODE.get(code, 0.05))
                rest = [round(left - taken, 6) for left, taken in zip(rest, part, strict=True)]
                rows.append((symbol, code, *part))
        rows.append((symbol, main, *rest))
    return rows


def _part(short: float, exempt: float, total: float, share: float) -> tuple[float, float, float]:
    # the three disjoint parts are cut separately: no facility then has more exempt than short, or short than total
    exempt_part = float(int(exempt * share))
    short_part = exempt_part + int((short - exempt) * share)
    return short_part, exempt_part, short_part + int((total - short) * share)
