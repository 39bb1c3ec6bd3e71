"""Why a partition has no rows: notes beside its file, each with the time it held.

A note is ended by the write that brings rows, not deleted: a run that is repeated gives the reason of its first time.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from amc_assets.lake.files import read_json, replace_file, write_json
from amc_assets.reasons import Reason

MOST_NOTES = 50
"""Notes kept per partition: a provider that is down for weeks is asked some times a day."""

Note = dict[str, object]


@dataclass(frozen=True)
class Absence:
    """Why a partition has no rows."""

    reason: Reason
    detail: str
    observed_at: datetime


def add_note(path: Path, absence: Absence) -> None:
    """Record an absence in the file ``path``; the same reason and detail again leave the file as it is."""
    notes, at = _notes(path), absence.observed_at.isoformat()
    last = notes[-1] if notes and notes[-1]["ended_at"] is None else None
    if last is not None and (last["reason"], last["detail"]) == (str(absence.reason), absence.detail):
        return
    if last is not None:
        last["ended_at"] = at
    notes.append({"reason": str(absence.reason), "detail": absence.detail, "observed_at": at, "ended_at": None})
    _write(path, notes)


def end_notes(path: Path, at: datetime) -> None:
    """Say that the partition has rows since ``at``."""
    if not path.exists():
        return
    notes = _notes(path)
    if notes and notes[-1]["ended_at"] is None:
        notes[-1]["ended_at"] = at.isoformat()
        _write(path, notes)


def note_at(path: Path, at: datetime | None = None) -> Absence | None:
    """Return the note that holds now, or that held at an instant; None when there is none. Raises LakeError."""
    for note in reversed(_notes(path)):
        ended_at = note["ended_at"]
        if at is None:
            return _absence(note) if ended_at is None else None
        if datetime.fromisoformat(str(note["observed_at"])) <= at:
            holds = ended_at is None or datetime.fromisoformat(str(ended_at)) > at
            return _absence(note) if holds else None
    return None


def failing_since(path: Path, at: datetime | None = None) -> datetime | None:
    """Return since when, without an answer between, the notes go back of which one holds now, or held at an instant.

    None when none holds.
    """
    since: datetime | None = None
    for note in reversed(_notes(path)):
        began, ended = _instants(note)
        if at is not None and began > at:
            continue
        holds = ended is None or (at is not None and ended > at)
        if ended != since if since is not None else not holds:
            break
        since = began
    return since


def _instants(note: Note) -> tuple[datetime, datetime | None]:
    began, ended = (note[name] for name in ("observed_at", "ended_at"))
    return datetime.fromisoformat(str(began)), None if ended is None else datetime.fromisoformat(str(ended))


def changed_after(path: Path, at: datetime) -> bool:
    """Return whether a note began or ended after an instant."""
    instants = [note[name] for note in _notes(path) for name in ("observed_at", "ended_at") if note[name] is not None]
    return any(datetime.fromisoformat(str(instant)) > at for instant in instants)


def _absence(note: Note) -> Absence:
    at = datetime.fromisoformat(str(note["observed_at"]))
    return Absence(Reason(str(note["reason"])), str(note["detail"]), at)


def _notes(path: Path) -> list[Note]:
    if not path.exists():
        return []
    content = read_json(path)
    if "reason" in content:  # written before notes had an end: one note, in force
        return [{**content, "ended_at": None}]
    listed = content.get("notes")
    return [dict(note) for note in listed] if isinstance(listed, list) else []


def _write(path: Path, notes: list[Note]) -> None:
    replace_file(path, lambda temporary: write_json(temporary, {"notes": notes[-MOST_NOTES:]}))
