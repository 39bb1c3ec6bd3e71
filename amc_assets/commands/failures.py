"""The process boundary of `amc`: known failures become one sentence and an exit code, unknown ones keep their trace."""

import warnings
from collections.abc import Callable

from amc_assets.commands.output import CommandError, Exit, say
from amc_assets.commands.signals import Heard

OURS = "amc_assets."


def guarded(app: Callable[..., object], before: Callable[[], None] | None = None) -> int:
    """Run ``app``, after ``before``, and return the exit code.

    Every error class of this package carries a sentence for people; an error of any other class is a fault of the
    program and keeps its trace. A process that is told to stop says what was kept.
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
        if not isinstance(error, OSError) and not type(error).__module__.startswith(OURS):
            raise
        say(f"amc: {error}")
        return Exit.FAILED
    return Exit.OK
