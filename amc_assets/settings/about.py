"""Metadata a variable carries beside its type: what it does, what is lost without it, where to get it.

The declaration of a variable (its annotation in a `variables_*.py` file) holds one `About`; the table
of docs/configuration.md, the error sentences and `Settings.describe` are all made from it.
"""

from dataclasses import dataclass
from typing import Final

NOT_SET: Final = "not set"
NO_EFFECT: Final = "No effect in this version."


@dataclass(frozen=True, slots=True)
class About:
    """Describe one variable to people.

    `affects` completes "a bad value blocks ..."; `lost` says what is missing while the variable is
    unset and is empty when the default serves; `get` says where the value comes from; `name` is set
    only where the attribute is not the variable's name in lower case. `is_planned`: nothing in this version reads
    the value, which every face then says.
    """

    does: str
    affects: str
    unit: str = ""
    lost: str = ""
    get: str = ""
    name: str = ""
    is_planned: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """Name a value's form, so that "must be <text>" is a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class VariableDoc:
    """Hold everything known about one environment variable, ready for a table or a sentence."""

    name: str
    field: str
    group: str
    kind: str
    bounds: str
    default: str
    unit: str
    is_secret: bool
    does: str
    affects: str
    lost: str
    get: str
    is_planned: bool

    @property
    def meaning(self) -> str:
        """Say what the variable does, and first that it does nothing yet."""
        return f"{NO_EFFECT} Planned: {self.does}" if self.is_planned else self.does

    @property
    def rule(self) -> str:
        """Say what a valid value is."""
        return f"{self.kind} {self.bounds}".strip()

    @property
    def remedy(self) -> str:
        """Say what to write, or where to get the value."""
        return self._advice(f", or unset it for the default {self.default}")

    @property
    def remedy_when_required(self) -> str:
        """Say what to write where leaving it unset does not serve."""
        return self._advice(f", for example {self.default}")

    def _advice(self, of_default: str) -> str:
        unit = f" ({self.unit})" if self.unit else ""
        default = of_default if self.default != NOT_SET else ""
        source = f"; {self.get}" if self.get else ""
        return f"set {self.rule}{unit}{default}{source}"
