"""Errors of the operational database, each one sentence of what, why and what to do next."""

from sqlalchemy.exc import DontWrapMixin


class StoreError(DontWrapMixin, Exception):
    """Say that the operational database could not do what was asked.

    `DontWrapMixin` keeps SQLAlchemy from burying the sentence in a StatementError when a column type raises it.
    """


class BadValueError(StoreError):
    """Refuse a value that a column cannot hold truthfully (naive time, score above 1, text too long)."""


class MixedDataError(StoreError):
    """Refuse simulated rows in a database of real ones, or the reverse."""
