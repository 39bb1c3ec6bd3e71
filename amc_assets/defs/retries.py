"""Dagster's three ways to try again, made to obey the error tree of the road out.

The road out tries a transient failure again within seconds (``providers/road/retrying.py``). What is left when it gives
up is decided here, once, for a step and for its run:

* a step asks for another attempt (RetryRequested) only for failures that pass within minutes;
* a permanent failure ends the step (``Failure(allow_retries=False)``, which stops a RetryPolicy) and marks its run with
  ``dagster/retry_on_asset_or_op_failure=false``, because run retries ignore the first: one project of others repeated a
  405 5,363 times in six days;
* runs are repeated when their process died, never for what a step said (``run_retries`` of dagster.yaml).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from amc_assets.providers.errors import (
    BreakerOpen,
    NotYetPublished,
    ProviderError,
    QuotaSpent,
    RateLimited,
    TransientError,
)

MOST_RETRIES = 2
FIRST_WAIT_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 120.0  # a longer Retry-After is left to the next run: a waiting step holds a place in the queue
RUN_TAG = "dagster/retry_on_asset_or_op_failure"
_NOT_SOON = (QuotaSpent, BreakerOpen, NotYetPublished)
"""Transient, and certain not to pass within minutes: tomorrow, at a named instant, in the evening."""


def wait_seconds(error: ProviderError, retries_so_far: int) -> float | None:
    """Return how long a step waits before it asks again, None when asking again soon cannot help."""
    if not isinstance(error, TransientError) or isinstance(error, _NOT_SOON):
        return None
    wanted = FIRST_WAIT_SECONDS * 2**retries_so_far
    if isinstance(error, RateLimited) and error.retry_after_seconds is not None:
        wanted = max(wanted, error.retry_after_seconds)
    return wanted if wanted <= LONGEST_WAIT_SECONDS else None


@contextmanager
def obeying_error_tree(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Turn a ProviderError of the block into what Dagster is to do: try the step again, or fail it for good.

    Raises RetryRequested (at most ``MOST_RETRIES`` per step) or Failure without retries; both keep the sentence of the
    error, its provider, dataset and class. Other exceptions pass unchanged.
    """
    try:
        yield
    except ProviderError as error:
        seconds = wait_seconds(error, context.retry_number)
        if seconds is not None and context.retry_number < MOST_RETRIES:
            context.log.warning(f"{error}; the step asks again in {seconds:.0f} s")
            raise dg.RetryRequested(max_retries=MOST_RETRIES, seconds_to_wait=seconds) from error
        context.instance.add_run_tags(context.run.run_id, {RUN_TAG: "false"})
        raise failure_of(error, tried=context.retry_number + 1) from error


def failure_of(error: ProviderError, tried: int) -> dg.Failure:
    """Return the failure of a step that is not tried again; metadata has the error's class, provider and dataset."""
    kind = "transient" if isinstance(error, TransientError) else "permanent"
    return dg.Failure(
        description=str(error),
        metadata={
            "error": type(error).__name__,
            "kind": kind,
            "provider": error.provider,
            "dataset": error.dataset,
            "reason": str(error.reason),
            "attempts": dg.MetadataValue.int(tried),
        },
        allow_retries=False,
    )
