"""The small simulated market with a few hand-written rows of everything else, all around one day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from amc_assets.market.calendar import new_york
from amc_assets.replay.market import (
    ChainOfDay,
    FailRow,
    FilingRow,
    HaltRow,
    Listing,
    NewsRow,
    ShareCountRow,
    text_array,
)
from amc_assets.replay.minute_bars import MinuteBars
from amc_assets.replay.simulated import SimulatedMarket

DAY = date(2024, 5, 15)
WIRES = ("globenewswire", "prnewswire", "yahoo", "polygon", "alpha_vantage")
NOON = datetime(2024, 5, 15, 16, 0, tzinfo=UTC)
OTC_SYMBOL = "QQOTF"
BILLS = {4: 0.0541, 13: 0.0545, 26: 0.0543, 52: 0.0518}


@dataclass(frozen=True)
class Names:
    """Symbols of the market by what they are."""

    nasdaq: str
    nyse: str
    american: str
    class_share: str
    fund: str


class RichMarket(SimulatedMarket):
    """Everything a provider can be asked for, on and around ``DAY``."""

    def __init__(self) -> None:
        super().__init__(symbol_count=400, last_day=date(2024, 6, 28))
        listed = super().directory(DAY)
        bars = self.bars(DAY)
        assert bars is not None
        traded = set(bars.symbols.tolist())
        stocks = [row for row in listed if row.polygon_type == "CS" and row.symbol in traded]
        self.names = Names(
            nasdaq=next(row.symbol for row in stocks if row.exchange == "Q" and row.symbol not in {"NA", "TRUE"}),
            nyse=next(row.symbol for row in stocks if row.exchange == "N"),
            american=next(row.symbol for row in stocks if row.exchange == "A"),
            class_share=next(row.symbol for row in stocks if "." in row.symbol),
            fund=next(row.symbol for row in listed if row.polygon_type == "ETF"),
        )

    def news(self, first: datetime, last: datetime) -> Sequence[NewsRow]:
        """Return one item per wire at noon and one an hour before."""
        items = []
        for hours in (1, 0):
            for wire in WIRES:
                at = NOON - timedelta(hours=hours)
                score = {0: 0.4213, 1: -0.2}[hours] if wire in {"polygon", "alpha_vantage"} else None
                items.append(
                    NewsRow(
                        item_id=f"{wire}-{hours}",
                        published_at=at,
                        title=f"Acme & Sons <{hours}> announce results",
                        summary="Sales rose & costs fell.",
                        url=f"https://news.example.com/{wire}/{hours}?a=1&b=2",
                        wire=wire,
                        publisher="Acme Wire",
                        symbols=(self.names.nasdaq, self.names.class_share),
                        vendor_sentiment=score,
                    )
                )
        return [item for item in items if first <= item.published_at <= last]

    def filings(self, first: datetime, last: datetime) -> Sequence[FilingRow]:
        """Return an 8-K, its amendment and a 13D."""
        rows = [
            FilingRow(f"0000320193-24-00010{number}", form, "Acmé & Sons, Inc.", 320193, self.names.nasdaq, items, at)
            for number, (form, items, at) in enumerate(
                [
                    ("8-K", ("2.02", "9.01"), NOON - timedelta(hours=2)),
                    ("8-K/A", ("2.02",), NOON - timedelta(hours=1)),
                    ("SC 13D", (), NOON),
                ]
            )
        ]
        return [row for row in rows if first <= row.accepted_at <= last]

    def halts(self, day: date) -> Sequence[HaltRow]:
        """Return a pause of ten minutes and a halt that lasts."""
        if day != DAY:
            return ()
        at = new_york(DAY, 10, 30)
        return (
            HaltRow(self.names.nasdaq, "Acme & Sons", "Q", "LUDP", at, at + timedelta(minutes=10)),
            HaltRow(self.names.class_share, "Other", "N", "T1", at + timedelta(hours=1), None),
        )

    def threshold_symbols(self, day: date) -> Sequence[str] | None:
        """Return a name per list on one day."""
        names = self.names
        return (names.nasdaq, names.nyse, names.american, OTC_SYMBOL) if day == DAY else None

    def fails(self, first: date, last: date) -> Sequence[FailRow] | None:
        """Return two balances of the first half of May."""
        rows = [
            FailRow(self.names.nasdaq, date(2024, 5, 14), "037833100", 12_345.0, 10.25, "ACME INC"),
            FailRow(self.names.class_share, DAY, "084670702", 7.0, None, "OTHER CL B"),
        ]
        return [row for row in rows if first <= row.settlement_date <= last] or None

    def directory(self, day: date) -> Sequence[Listing]:
        """Return the simulated listings, the one company with the number under which it files here."""
        rows = super().directory(day)
        return [replace(row, cik=320193) if row.symbol == self.names.nasdaq else row for row in rows]

    def share_counts(self) -> Sequence[ShareCountRow]:
        """Return two counts of one company, the second filed later than ``DAY``."""
        symbol = self.names.nasdaq
        return (
            ShareCountRow(symbol, 320193, date(2024, 1, 26), date(2024, 2, 2), 50_000_000.0),
            ShareCountRow(symbol, 320193, date(2024, 5, 24), date(2024, 5, 31), 60_000_000.0, form="10-K"),
        )

    def option_chain(self, symbol: str, day: date) -> ChainOfDay | None:
        """Return 300 contracts of one name; the second put was never traded nor quoted."""
        if symbol != self.names.nasdaq or day != DAY:
            return None
        count = 300
        strikes = np.repeat(np.arange(count // 2, dtype=float) + 1, 2)
        is_call = np.arange(count) % 2 == 0
        seen = np.ones(count)
        seen[3] = np.nan
        return ChainOfDay(
            symbol=symbol,
            underlying_usd=20.5,
            contract_symbols=text_array(
                [
                    f"{symbol}240621{'C' if call else 'P'}{int(strike * 1000):08d}"
                    for strike, call in zip(strikes, is_call, strict=True)
                ]
            ),
            expiration_dates=np.full(count, np.datetime64("2024-06-21")),
            strike_usd=strikes,
            is_call=is_call,
            bid_usd=1.25 * seen,
            ask_usd=1.35 * seen,
            last_usd=1.3 * seen,
            volume_contracts=np.where(np.isnan(seen), 0.0, 12.0),
            open_interest_contracts=np.full(count, 345.0),
            iv_frac=0.8125 * seen,
            delta=0.5 * seen,
            gamma=0.0125 * seen,
        )

    def minute_bars(self, symbol: str, day: date) -> MinuteBars | None:
        """Return the two hours from 09:30 of one name on one day."""
        if symbol != self.names.nasdaq or day != DAY:
            return None
        minutes = np.arange(120)
        close = 10 + minutes / 100
        start = int(new_york(DAY, 9, 30).timestamp())
        return MinuteBars(start + 60 * minutes, close, close + 0.05, close - 0.05, close, np.full(120, 100.0))

    def bill_rates(self, day: date) -> Sequence[tuple[int, float]] | None:
        """Return the rates of three days; one term came a day later."""
        if not date(2024, 5, 13) <= day <= DAY:
            return None
        return [(weeks, rate) for weeks, rate in BILLS.items() if weeks != 26 or day == DAY]
