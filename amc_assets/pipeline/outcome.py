"""What one dataset and day ended as, in numbers to check: rows, rejected by reason, age, or why nothing came."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from amc_assets.lake.store import Absence, PartitionWrite


@dataclass(frozen=True)
class Ingested:
    """Result of fetching one partition. ``rejected`` counts rows by reason; ``absence`` is set when nothing came."""

    table: str
    partition: str
    rows: int = 0
    rows_new: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    known_at: datetime | None = None
    source: str = ""
    absence: Absence | None = None

    @property
    def rows_rejected(self) -> int:
        """Rows that were sent and not stored."""
        return sum(self.rejected.values())


def added(*counts: Mapping[str, int]) -> dict[str, int]:
    """Return the sums by reason: two sources may refuse rows for the same one."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return {reason: count for reason, count in total.items() if count}


def withdrawal_notes(written: PartitionWrite) -> dict[str, str]:
    """Return what a write took back, left because the answer counts as cut short, or found stamped by a wrong clock."""
    notes = {}
    if written.rows_withdrawn:
        notes["rows_withdrawn"] = str(written.rows_withdrawn)
    if written.rows_kept_back:
        notes["rows_missing_from_answer"] = f"{written.rows_kept_back}: too many to be withdrawn, they stay"
    if written.rows_brought_back:
        notes["clock_was_ahead"] = (
            f"{written.rows_brought_back} stored rows said they arrived after now: a clock was ahead when they came, "
            "and they count as arrived just before this answer"
        )
    return notes
