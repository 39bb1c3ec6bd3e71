"""The one road out: breaker, rate limit, the call under caps, classification, parsing, and an audit row per attempt.

Everything that talks to a provider goes through ``Transport.fetch``, or ``Transport.call`` for a library that speaks
HTTP by itself. What a provider's bodies mean is its parser's business, what an error is called is ``answers.py``'s. No
lock is held and no transaction open while a call runs: threads and processes wait for slots, not for each other.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import httpx

from amc_assets.clock import Clock, Randomness
from amc_assets.providers.errors import BreakerOpen, ProviderError, QuotaSpent, RateLimited, TransientError, Unreachable
from amc_assets.providers.exchange import Fetched, Parsed, Parser, Refusal, RefusalReader, Request
from amc_assets.providers.road.answers import counts_against_provider, from_status
from amc_assets.providers.road.audit import AuditSink, CallRecord
from amc_assets.providers.road.breaker import Breakers, Permit
from amc_assets.providers.road.cache import BodyCache, Kept
from amc_assets.providers.road.copies import Copies, validators
from amc_assets.providers.road.limiter import Limiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.retrying import Retries, RetryBudgetLike
from amc_assets.providers.road.scrub import mask, redact_logs, scrub
from amc_assets.providers.road.sending import SecondsLeft, Sender
from amc_assets.providers.road.watchdog import Overdue, Watchdog

NOT_MODIFIED = 304


@dataclass
class _Attempt:
    """One try: what its audit row will say, and what the breaker is told."""

    request_at: datetime
    started: float
    admitted: float | None = None
    sent: float | None = None
    permit: Permit | None = None
    status: int | None = None
    fetched: Fetched | None = None
    fault: ProviderError | None = None

    def see(self, status: int) -> None:
        """Take note of the answer's status."""
        self.status = status


@dataclass(frozen=True)
class _Call:
    """What is tried: who is asked for what, how, and what must not be shown of it."""

    provider: str
    dataset: str
    endpoint: str
    secrets: tuple[str, ...]
    ask: Callable[[_Attempt, SecondsLeft], Fetched]


class Transport:
    """Fetches one request at a time; limits and breakers are shared with every other process. Threads may share it."""

    def __init__(
        self,
        *,
        limits: Mapping[str, RoadLimits],
        limiter: Limiter,
        breakers: Breakers,
        audit: AuditSink,
        clock: Clock,
        randomness: Randomness,
        client: httpx.Client,
        user_agent: str,
        retry_budget: RetryBudgetLike | None = None,
        cache: BodyCache | None = None,
    ) -> None:
        self._limits = limits
        self._limiter = limiter
        self._breakers = breakers
        self._audit = audit
        self._clock = clock
        self._randomness = randomness
        self._sender = Sender(client, user_agent)
        self._retry_budget = retry_budget
        self._copies = Copies(cache, clock)
        self._kept_from_logs: frozenset[str] = frozenset()

    def fetch(self, request: Request, parse: Parser, read_refusal: RefusalReader | None = None) -> Fetched:
        """Return the parsed answer to ``request``, or a copy of an earlier one as far as the request allows it.

        ``parse`` gets the decoded body of a 2xx answer (empty for 204) and raises a ProviderError for what it does not
        understand; ``read_refusal`` may give other statuses the provider's own meaning. A fresh copy costs no call, no
        slot and no audit row; an older one is offered to the provider (304 confirms it), and stands in when asking
        fails for a transient reason. Transient failures are tried again within the time budget and the shared retry
        budget. Raises ProviderError, StateError when the shared state is lost, and what a faulty parser raises.
        """
        road = self._road(request.provider)
        self._keep_from_logs(request.hidden)
        kept = self._copies.find(request)
        fresh = self._copies.fresh(request, kept, parse)
        if fresh is not None:
            return fresh
        ask = partial(self._ask, request, parse, read_refusal, kept)
        try:
            return self._make(
                _Call(request.provider, request.dataset, scrub(request.endpoint, request.hidden), request.hidden, ask),
                road,
            )
        except TransientError as fault:
            copy = self._copies.stand_in(request, kept, parse, fault)
            if copy is None:
                raise
            return copy

    def call(self, provider: str, dataset: str, ask: Callable[[], Parsed]) -> Fetched:
        """Return what ``ask`` returns: for a library that makes its own HTTP calls.

        The same breaker, limit, retries, time budget and audit as ``fetch``; ``ask`` turns the library's exceptions
        into ProviderErrors, and it runs in a thread of its own, which is left behind when the time budget ends. What
        cannot hold here: the cap on decoded bytes, the status in the audit row, copies, and masks for keys that this
        module never sees.
        """
        return self._make(_Call(provider, dataset, dataset, (), partial(self._hear, provider, dataset, ask)),
                          self._road(provider))  # fmt: skip

    def _road(self, provider: str) -> RoadLimits:
        if provider not in self._limits:
            known = ", ".join(sorted(self._limits))
            raise ValueError(f"no limits are set for {provider!r} (known: {known}); add them where it is wired")
        return self._limits[provider]

    def _keep_from_logs(self, secrets: tuple[str, ...]) -> None:
        if not self._kept_from_logs.issuperset(secrets):  # httpx logs whole addresses, and some keys are part of them
            self._kept_from_logs = self._kept_from_logs.union(secrets)
            redact_logs(self._kept_from_logs, with_handlers=False)

    def _make(self, call: _Call, road: RoadLimits) -> Fetched:
        deadline = self._clock.monotonic() + road.total_seconds
        retries = Retries(
            call.provider, call.secrets, road, deadline, self._clock, self._randomness, self._retry_budget
        )  # fmt: skip
        return retries.run(lambda: self._attempt(call, road, deadline))

    def _attempt(self, call: _Call, road: RoadLimits, deadline: float) -> Fetched:
        attempt = _Attempt(self._clock.now(), self._clock.monotonic())
        with ExitStack() as stack:
            # a parser's bug and an interrupt pass here too: no probe stays reserved, no call is without a row
            stack.push(lambda _, passing, __: self._close(call, road, attempt, passing))
            try:
                self._admit(call, attempt, road, deadline)
                attempt.request_at, attempt.started = self._clock.now(), self._clock.monotonic()
                attempt.fetched = call.ask(attempt, lambda: deadline - self._clock.monotonic())
            except ProviderError as error:
                attempt.fault = _without_keys(error, call.secrets)
        if attempt.fetched is None:
            raise attempt.fault or RuntimeError("an attempt ends with an answer or an error")
        return attempt.fetched

    def _admit(self, call: _Call, attempt: _Attempt, road: RoadLimits, deadline: float) -> None:
        self._breakers.check(call.provider, call.dataset)  # first: an open breaker must not use up the day's quota
        patience_seconds = deadline - self._clock.monotonic()
        self._limiter.acquire(call.provider, call.dataset, road, patience_seconds)
        attempt.admitted = self._clock.monotonic()
        attempt.permit = self._breakers.enter(call.provider, call.dataset)

    def _ask(
        self, request: Request, parse: Parser, read_refusal: RefusalReader | None, kept: Kept | None,
        attempt: _Attempt, seconds_left: SecondsLeft,
    ) -> Fetched:  # fmt: skip
        offered = validators(kept)
        answer = self._sender.send(request, offered, seconds_left, attempt.see, partial(self._note_sent, attempt))
        fetched_at = self._clock.now()
        headers = {name: mask(value, request.hidden) for name, value in answer.headers.items()}
        if kept is not None and offered and answer.status == NOT_MODIFIED:
            return self._copies.confirmed(request, kept, parse, headers, fetched_at)
        if not 200 <= answer.status < 300:
            refusal = Refusal(answer.status, answer.headers, answer.body)
            raise (read_refusal and read_refusal(refusal, request)) or from_status(refusal, request, fetched_at)
        parsed: Parsed = parse(answer.body, request)
        self._copies.keep(request, answer.status, answer.body, answer.headers, fetched_at)
        return Fetched(parsed, fetched_at, f"{request.provider}.{request.dataset}", headers)

    def _hear(
        self, provider: str, dataset: str, ask: Callable[[], Parsed], _: _Attempt, seconds_left: SecondsLeft
    ) -> Fetched:
        try:
            parsed = Watchdog(grace_seconds=0.0).run(seconds_left(), ask)
        except Overdue:
            what = "the library that asks did not come back within the time budget"
            raise Unreachable(provider, dataset, what, "it is tried again on the next run") from None
        return Fetched(parsed, self._clock.now(), f"{provider}.{dataset}")

    def _close(self, call: _Call, road: RoadLimits, attempt: _Attempt, passing: BaseException | None) -> None:
        """Tell the breaker, the limiter and the audit how an attempt ended; ``passing`` is no ProviderError."""
        if passing is not None and attempt.permit is None:
            return  # nothing was asked: the shared state is lost, or the run is being stopped
        said = f"{attempt.fault}" if attempt.fault else None
        if passing is not None:
            passing.args = tuple(mask(a, call.secrets) if isinstance(a, str) else a for a in passing.args)
            kind = "parser fault" if isinstance(passing, Exception) else "stopped during the call"
            said = f"{call.provider}.{call.dataset}: {kind}: {type(passing).__name__}: {passing}"
        try:
            self._make_room(call, road, attempt)
            if attempt.permit is not None:
                self._settle(call, road, attempt.permit, attempt.fault, answered=passing is None)
        finally:
            self._audit.call(self._record(call, attempt, scrub(said, call.secrets) if said else None))

    def _note_sent(self, attempt: _Attempt) -> None:
        attempt.sent = self._clock.monotonic()

    def _make_room(self, call: _Call, road: RoadLimits, attempt: _Attempt) -> None:
        """Let the next call wait for its whole spacing after one that left late: a slow connection, a busy machine."""
        if attempt.sent is None or attempt.admitted is None:
            return
        if attempt.sent - attempt.admitted > road.punctuality_seconds:
            since_seconds = self._clock.monotonic() - attempt.sent
            self._limiter.hold(call.provider, road.interval_seconds - since_seconds)

    def _settle(
        self, call: _Call, road: RoadLimits, permit: Permit, fault: ProviderError | None, *, answered: bool
    ) -> None:
        if not answered:
            self._breakers.release(permit)
            return
        self._breakers.record(permit, fault if fault and counts_against_provider(fault) else None)
        if isinstance(fault, RateLimited) and fault.retry_after_seconds:
            self._limiter.hold(call.provider, fault.retry_after_seconds)
        elif isinstance(fault, QuotaSpent):  # the provider says so: nobody asks again today
            self._limiter.spend_day(call.provider, road)
        elif fault is None and self._retry_budget is not None:
            self._retry_budget.deposit(call.provider)

    def _record(self, call: _Call, attempt: _Attempt, said: str | None) -> CallRecord:
        elapsed_ms = round(1000 * (self._clock.monotonic() - attempt.started))
        answered = attempt.status is not None or attempt.fetched is not None
        return CallRecord(
            provider_name=call.provider,
            endpoint=call.endpoint,
            request_at=attempt.request_at,
            success=said is None,
            response_time_ms=elapsed_ms if answered else None,
            status_code=attempt.status,
            error_message=said,
            rate_limited=isinstance(attempt.fault, RateLimited),
            circuit_breaker_open=isinstance(attempt.fault, BreakerOpen),
        )


def _without_keys(fault: ProviderError, secrets: tuple[str, ...]) -> ProviderError:
    """Mask keys in an error's sentence (a body repeated it), and cut off causes whose text holds one."""
    fault.reword(lambda text: scrub(text, secrets))
    link: BaseException = fault
    while (deeper := link.__cause__ or link.__context__) is not None:
        told = f"{deeper} {deeper!r} {deeper.args}"
        if mask(told, secrets) != told:
            link.__cause__ = link.__context__ = None
            break
        link = deeper
    return fault
