"""The process boundary of `amc`: known failures become one sentence and an exit code, unknown ones keep their trace."""

import typer

from amc_assets.commands.output import CommandError, Exit, say


def guarded(app: typer.Typer) -> int:
    """Run ``app`` and return its exit code."""
    try:
        app(standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else Exit.OK
    except CommandError as error:
        say(f"amc: {error}")
        return error.code
    except OSError as error:
        say(f"amc: {error}")
        return Exit.FAILED
    except (ValueError, RuntimeError) as error:
        if type(error).__module__.startswith("amc_assets"):
            say(f"amc: {error}")
            return Exit.FAILED
        raise
    return Exit.OK
