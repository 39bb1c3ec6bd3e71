"""What a person sees of an error: the sentence of the first error of ours, never the library's below it."""

import errno
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from amc_assets.operations.private_files import create_private
from amc_assets.private import make_private

OURS = "amc_assets."
_STEPS = {
    errno.ENOSPC: "free space on that disk, then run again",
    errno.EDQUOT: "free space on that disk, then run again",
    errno.EACCES: "correct the owner or mode of that file or its folder",
    errno.EPERM: "correct the owner or mode of that file or its folder",
    errno.EROFS: "mount that folder writable, or set AMC_HOME to another one",
}


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, from the outermost to the innermost."""
    at: BaseException | None = error
    seen: set[int] = set()
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def is_ours(error: BaseException) -> bool:
    """Return whether an error carries a sentence for people: every error class of this package does."""
    return f"{type(error).__module__}.".startswith(OURS)


def sentence_of(error: BaseException, also: tuple[type[BaseException], ...] = ()) -> str:
    """Return the sentence of the first error of ours in the chain; without one, what the innermost error says.

    also: classes of libraries that this package raises with sentences of its own.
    """
    errors = list(chain(error))
    told = next((item for item in errors if is_ours(item) or isinstance(item, also)), None)
    return str(told).strip() if told is not None else unexpected(errors[-1])


def unexpected(error: BaseException) -> str:
    """Return a sentence for an error that is none of ours: file and next step of the system's, else class and text."""
    if isinstance(error, OSError) and error.errno in _STEPS:
        where = error.filename or "a file of AMC_HOME"
        return f"cannot use {where}: {error.strerror}. Next: {_STEPS[error.errno]}"
    text = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {text or 'without a text'}"


def keep_trace(home: Path, text: str, at: datetime) -> Path | None:
    """Write a trace to a file of its own under ``home`` that only its owner reads; None when that cannot be done."""
    folder = home / "logs"
    try:
        make_private(folder)
        path = next(free for number in count() if not (free := folder / _name(at, number)).exists())
        create_private(path, text)
    except OSError:
        return None
    return path


def _name(at: datetime, number: int) -> str:
    return f"failed-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{f'-{number}' if number else ''}.log"
