"""What the market room refuses, as one small tree.

    MarketError (a ValueError)
        CalendarRangeError   a day outside the checked-in closure table
        NotASessionError     a weekend or holiday where a trading day is needed
        NaiveTimeError       a datetime without a time zone
        WallTimeError        a New York wall time that does not exist or exists twice
        SymbolError          text that is no symbol of the spelling it was given as
        UniverseError        a directory table that lacks what classification needs

Each message says what was given, why it is refused and what to do next. Provider errors have their own tree.
"""


class MarketError(ValueError):
    """Base of everything this room refuses."""


class CalendarRangeError(MarketError):
    """A day outside the years that ``closures.csv`` covers."""


class NotASessionError(MarketError):
    """A day on which the exchanges do not trade, where a session is needed."""


class NaiveTimeError(MarketError):
    """A datetime without a time zone: its instant is unknown."""


class WallTimeError(MarketError):
    """A New York wall time that the clock change skips or repeats."""


class SymbolError(MarketError):
    """Text that is not a symbol in the spelling it was given as."""


class UniverseError(MarketError):
    """A directory table without the columns or types that classification needs."""
