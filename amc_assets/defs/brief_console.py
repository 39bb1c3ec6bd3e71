"""The console of `amc demo` and `amc replay`: errors as sentences, no stack of Dagster's."""

import logging

import dagster as dg

BRIEF = "brief_console"
"""Name of the logger in the definitions: a run asks for it by its run config."""


class _SentencesOnly(logging.Filter):
    """Lets through what steps say as errors; Dagster's own events come with stacks and are told by the command."""

    def filter(self, record: logging.LogRecord) -> bool:
        meta = getattr(record, "dagster_meta", None) or {}
        event = meta.get("dagster_event") if isinstance(meta, dict) else getattr(meta, "dagster_event", None)
        record.msg, record.args, record.exc_info = _sentence(record, meta), (), None
        return event is None


def _sentence(record: logging.LogRecord, meta: object) -> str:
    kept = meta.get("orig_message") if isinstance(meta, dict) else getattr(meta, "orig_message", None)
    return str(kept or record.getMessage())


@dg.logger({}, description="Errors of steps as one sentence each, on stderr.")
def brief_console(_context: dg.InitLoggerContext) -> logging.Logger:
    """Return a logger of its own that prints errors as `amc: sentence`."""
    logger = logging.Logger(BRIEF, logging.ERROR)  # not in the registry: a run's own, gone with it
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("amc: %(message)s"))
    handler.addFilter(_SentencesOnly())
    logger.addHandler(handler)
    return logger
