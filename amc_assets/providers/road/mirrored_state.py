"""A server's shared state with a copy on this machine: when the server is lost, work goes on with the copy.

The machine's SQLite file is locked around every update, the server's trip included: all processes of this machine see
one order and agree on whether the server is lost. What the server keeps is copied to the file, so that slots, counts
and breakers carry over. A loss is noted in the file, told once, and for a pause nobody on this machine asks the server
again: it costs one call half a second, not every call. When the server is back, the two copies are made one
(``reconcile.py``). Meanwhile every machine keeps the limits for itself: see docs/limits.md.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from amc_assets.clock import Clock
from amc_assets.providers.road.reconcile import reconciled
from amc_assets.providers.road.sqlite_state import SqliteRows, SqliteState
from amc_assets.providers.road.state import WRITTEN, Change, Document, Result, SharedState, StateError
from amc_assets.providers.road.ticks import number, shifted, stamped, text

PAUSE_SECONDS = 30.0
LOSS_KEY = "mirror"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class MirrorStatus:
    """What health pages show: the server's name; when and why it was lost, None while it is there."""

    name: str
    lost_at: datetime | None
    why: str | None


@dataclass(frozen=True)
class _Kept(Generic[Result]):
    """What an update left on the server: the document there, its writing, the server's and the machine's now."""

    result: Result
    document: Document | None
    is_new: bool
    now: float
    machine_now: float


class MirroredState:
    """``primary`` while it answers, else ``local``. ``name`` is the server's, for messages."""

    def __init__(
        self,
        primary: SharedState,
        local: SqliteState,
        clock: Clock,
        *,
        name: str,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._primary = primary
        self._local = local
        self._clock = clock
        self._name = name
        self._pause_seconds = pause_seconds

    def update(self, key: str, change: Change[Result]) -> Result:
        """Apply ``change`` to the document at ``key``, alone; raise StateError when the machine's file is unusable."""
        with self._local.writing() as rows:
            if self._is_paused(rows):
                return self._apart(rows, key, change)
            try:
                kept = self._primary.update(key, self._on_primary(rows, key, change))
            except StateError as error:
                news = self._note_loss(rows, error)
            else:
                self._note_return(rows)
                self._copy(rows, key, kept)
                return kept.result
        _tell(news)
        with self._local.writing() as rows:  # another one: what ``change`` raises must not undo the note
            return self._apart(rows, key, change)

    def read(self, key: str) -> tuple[Document | None, float]:
        """Return the document at ``key`` and the now it belongs to; raise StateError when the file is unusable."""
        with self._local.reading() as rows:
            is_paused = self._is_paused(rows)
        if not is_paused:
            try:
                document, now = self._primary.read(key)
            except StateError as error:
                with self._local.writing() as rows:
                    news = self._note_loss(rows, error)
                _tell(news)
            else:
                with self._local.reading() as rows:
                    return self._joined(rows, key, document, now), now
        return self._local.read(key)

    def status(self) -> MirrorStatus:
        """Return whether this machine has lost the server; the server itself is not asked."""
        with self._local.reading() as rows:
            loss = rows.load(LOSS_KEY)
        if loss is None:
            return MirrorStatus(self._name, None, None)
        return MirrorStatus(self._name, datetime.fromisoformat(text(loss, "lost_at")), text(loss, "why"))

    def _on_primary(self, rows: SqliteRows, key: str, change: Change[Result]) -> Change[_Kept[Result]]:
        def changed_there(document: Document | None, now: float) -> tuple[Document | None, _Kept[Result]]:
            machine_now = rows.now()
            joined = self._joined(rows, key, document, now)
            changed, result = change(joined, now)
            if changed is None and joined is not document:
                changed = joined  # the server lost it, or was away: it gets it back
            stands = document if changed is None else stamped(changed, now)
            return changed, _Kept(result, stands, changed is not None, now, machine_now)

        return changed_there

    def _joined(self, rows: SqliteRows, key: str, document: Document | None, now: float) -> Document | None:
        """Return the server's document, made one with this machine's where the server does not know all of it."""
        ours, copied = rows.load(key), rows.load(_copy_key(key))
        if ours is None:
            return document
        is_apart = copied is None or bool(copied.get("is_apart"))
        seen = number(copied, "seen") or 0.0
        if document is not None and not is_apart and (number(document, WRITTEN) or 0.0) >= seen:
            return document
        base = copied.get("base") if copied else None
        return reconciled(key, document, shifted(ours, now - rows.now()), base if isinstance(base, dict) else None)

    def _copy(self, rows: SqliteRows, key: str, kept: _Kept[Result]) -> None:
        if kept.document is None:
            return
        seen = number(kept.document, WRITTEN)
        if not kept.is_new and number(rows.load(_copy_key(key)), "seen") == seen:
            return
        rows.store(key, shifted(kept.document, kept.machine_now - kept.now))
        rows.store(_copy_key(key), {"seen": seen, "is_apart": False, "base": None})

    def _apart(self, rows: SqliteRows, key: str, change: Change[Result]) -> Result:
        """Update this machine's copy alone; keep what it was when it parted from the server's."""
        now, ours, copied = rows.now(), rows.load(key), rows.load(_copy_key(key))
        changed, result = change(ours, now)
        if changed is not None:
            if copied is None or not copied.get("is_apart"):
                rows.store(_copy_key(key), {"seen": number(copied, "seen"), "is_apart": True, "base": ours})
            rows.store(key, stamped(changed, now))
        return result

    def _is_paused(self, rows: SqliteRows) -> bool:
        until = number(rows.load(LOSS_KEY), "pause_until_tick")
        return until is not None and rows.now() < until <= rows.now() + self._pause_seconds

    def _note_loss(self, rows: SqliteRows, error: StateError) -> str:
        """Note the loss and begin a pause; return the sentence to tell, empty when it was told already."""
        now, before = rows.now(), rows.load(LOSS_KEY)
        at = self._clock.now().isoformat() if before is None else text(before, "lost_at")
        until = now + self._pause_seconds
        rows.store(LOSS_KEY, stamped({"lost_at": at, "why": str(error), "pause_until_tick": until}, now))
        if before is not None:
            return ""
        meanwhile = "Meanwhile limits and breakers hold on this machine only"
        return f"{error}. {meanwhile}; it is tried again every {self._pause_seconds:.0f} s"

    def _note_return(self, rows: SqliteRows) -> None:
        if rows.load(LOSS_KEY) is not None:
            rows.delete(LOSS_KEY)
            _LOG.warning("%s answers again: limits and breakers are shared with the other machines", self._name)


def _tell(news: str) -> None:
    if news:
        _LOG.warning("%s", news)


def _copy_key(key: str) -> str:
    """Return the name of the note about the copy of ``key``: when the server wrote it, and what it was then."""
    return f"copy:{key}"
