"""The process boundary of `amc`: every failure becomes one sentence and an exit code; stacks go to a file."""

import os
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from amc_assets.commands.output import CommandError, Exit, say
from amc_assets.commands.signals import Heard


def guarded(app: Callable[..., object], before: Callable[[], None] | None = None) -> int:
    """Run ``app``, after ``before``, and return the exit code.

    Every error class of this package carries a sentence for people. An error of any other class is a fault of the
    program or of the machine: its sentence names the file that keeps its trace. A process that is told to stop says
    what was kept.
    """
    # Dagster 1.13 warns once per asset about single-run backfills; a person at a prompt can do nothing about it
    warnings.filterwarnings("ignore", message=".*is currently in (beta|preview)")
    heard = Heard()
    try:
        with heard.listening():
            if before is not None:
                before()
            app(standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else Exit.OK
    except CommandError as error:
        say(f"amc: {error}")
        return error.code
    except BaseException as error:
        if heard.number is not None:
            say(f"amc: {heard.sentence(error)}")
            return heard.exit_code
        if not isinstance(error, Exception):
            raise
        say(f"amc: {_told(error)}")  # the trace is kept, a person sees a sentence
        return Exit.FAILED
    return Exit.OK


def _told(error: Exception) -> str:
    """Return the sentence of an error; of one that is not ours also where its trace is."""
    from amc_assets.clock import SystemClock
    from amc_assets.pipeline.sentences import chain, is_ours, keep_trace, sentence_of

    told = sentence_of(error)
    if any(is_ours(item) for item in chain(error)):
        return told
    trace = "".join(traceback.format_exception(error))
    kept = keep_trace(_home(), trace, SystemClock().now())
    if kept is None:
        return f"{told}. Its trace could not be kept: AMC_HOME is not writable. Next: `amc doctor`"
    return f"{told}. Next: `amc doctor`; the trace for a report is in {kept}"


def _home() -> Path:
    """Return the state folder by the environment alone: the settings may be what failed."""
    return Path(os.environ.get("AMC_HOME") or ".amc").expanduser()
