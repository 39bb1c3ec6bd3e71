"""Errors of the features room: wrong input from the caller, never a missing value (that is a Reason, not an error)."""


class FeatureInputError(ValueError):
    """The arrays or tables handed in do not fit together; the message says which and what to pass instead."""


class LookAheadError(FeatureInputError):
    """An input was read with a later as_of than the run's: the run would see its own future."""
