"""What `amc doctor` finds: one line per thing looked at, and what the looks are given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from amc_assets.settings import Settings

if TYPE_CHECKING:
    from amc_assets.pipeline.health import Probe

Status = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ok, warning or problem, what was found, and what to do."""

    name: str
    status: Status
    found: str
    next_step: str = ""


@dataclass(frozen=True)
class Seen:
    """What every look may use: settings, why the vault could not be opened, what each provider answered."""

    settings: Settings
    vault_fault: str | None
    probes: "tuple[Probe, ...]"

    def probe(self, provider: str) -> "Probe | None":
        """Return what a provider answered, None when it was not asked."""
        return next((item for item in self.probes if item.provider == provider), None)


Look = Callable[[Seen], Iterator[Finding]]
