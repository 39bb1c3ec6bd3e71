"""The one road out: breaker, rate limit, the call under caps, classification, parsing, and an audit row per attempt.

Everything that talks to a provider goes through ``Transport.fetch``. What a provider's bodies mean is its parser's
business, what an error is called is ``answers.py``'s.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import httpx
import tenacity

from amc_assets.clock import Clock, Randomness
from amc_assets.providers.errors import BadRequest, BreakerOpen, ProviderError, RateLimited
from amc_assets.providers.exchange import Fetched, Parsed, Parser, Refusal, RefusalReader, Request
from amc_assets.providers.road.answers import counts_against_provider, from_httpx, from_status, worth_retrying
from amc_assets.providers.road.audit import AuditSink, CallRecord
from amc_assets.providers.road.body import ACCEPTED_ENCODINGS, read_body
from amc_assets.providers.road.breaker import Breakers, Permit
from amc_assets.providers.road.limiter import Limiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.scrub import scrub
from amc_assets.providers.road.watchdog import Watchdog

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # of silence; the whole body has the rest of the budget
REFUSAL_MAX_BYTES = 64 * 1024
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class _Attempt:
    """One try: what its audit row will say."""

    request: Request
    permit: Permit | None = None
    status: int | None = None


class Transport:
    """Fetches one request at a time; limits and breakers are shared with every other process of the machine."""

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
    ) -> None:
        self._limits = limits
        self._limiter = limiter
        self._breakers = breakers
        self._audit = audit
        self._clock = clock
        self._randomness = randomness
        self._client = client
        self._user_agent = user_agent

    def fetch(self, request: Request, parse: Parser, read_refusal: RefusalReader | None = None) -> Fetched:
        """Return the parsed answer to ``request``; transient failures are tried again within the time budget.

        ``parse`` gets the decoded body of a 2xx answer (empty for 204) and raises a ProviderError for what it does not
        understand; ``read_refusal`` may give other statuses the provider's own meaning. Raises ProviderError only.
        """
        if request.provider not in self._limits:
            known = ", ".join(sorted(self._limits))
            raise ValueError(f"no limits are set for {request.provider!r} (known: {known}); add them where it is wired")
        road = self._limits[request.provider]
        deadline = self._clock.monotonic() + road.total_seconds
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(worth_retrying),
            wait=partial(self._wait_seconds, road),
            stop=partial(self._stop, road, deadline),
            before_sleep=partial(_log_retry, request),
            sleep=self._clock.sleep,
            reraise=True,
        )
        return retrying(self._attempt, request, parse, read_refusal, deadline)

    def _attempt(self, request: Request, parse: Parser, read_refusal: RefusalReader | None, deadline: float) -> Fetched:
        attempt = _Attempt(request)
        request_at, started = self._clock.now(), self._clock.monotonic()
        fault: ProviderError | None = None
        fetched: Fetched | None = None
        try:
            self._admit(attempt, deadline)
            request_at, started = self._clock.now(), self._clock.monotonic()
            fetched = self._ask(attempt, parse, read_refusal, deadline)
        except ProviderError as error:
            fault = error
        finally:  # also when a parser has a bug: a probe must not stay reserved
            self._settle(attempt, fault, answered=fetched is not None or fault is not None)
        elapsed_ms = round(1000 * (self._clock.monotonic() - started))
        self._audit.call(
            CallRecord(
                provider_name=request.provider,
                endpoint=scrub(request.endpoint, request.hidden),
                request_at=request_at,
                success=fault is None,
                response_time_ms=elapsed_ms if attempt.status is not None else None,
                status_code=attempt.status,
                error_message=scrub(str(fault), request.hidden) if fault else None,
                rate_limited=isinstance(fault, RateLimited),
                circuit_breaker_open=isinstance(fault, BreakerOpen),
            )
        )
        if fetched is None:
            raise fault or RuntimeError("an attempt ends with an answer or an error")
        return fetched

    def _admit(self, attempt: _Attempt, deadline: float) -> None:
        request = attempt.request
        provider, dataset = request.provider, request.dataset
        self._breakers.check(provider, dataset)  # before the limit: an open breaker must not use up the day's quota
        patience_seconds = deadline - self._clock.monotonic()
        self._limiter.acquire(provider, dataset, self._limits[provider], patience_seconds)
        attempt.permit = self._breakers.enter(provider, dataset)

    def _ask(self, attempt: _Attempt, parse: Parser, read_refusal: RefusalReader | None, deadline: float) -> Fetched:
        request = attempt.request
        answer = self._send(attempt, lambda: deadline - self._clock.monotonic())
        fetched_at = self._clock.now()
        if not 200 <= answer.status < 300:
            refusal = Refusal(answer.status, answer.headers, answer.body)
            raise (read_refusal and read_refusal(refusal, request)) or from_status(refusal, request, fetched_at)
        parsed: Parsed = parse(answer.body, request)
        return Fetched(parsed, fetched_at, f"{request.provider}.{request.dataset}", answer.headers)

    def _send(self, attempt: _Attempt, seconds_left: Callable[[], float]) -> _Answer:
        request = attempt.request
        fault: ProviderError
        watchdog = Watchdog(seconds_left())
        try:
            with watchdog:
                return self._receive(attempt, self._http_request(request, seconds_left(), watchdog), seconds_left)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError) as error:
            fault = from_httpx(error, request)
        except (ValueError, TypeError):  # UnicodeEncodeError among them, and its text holds the key
            fault = BadRequest(
                request.provider,
                request.dataset,
                f"{request.method} {request.endpoint} could not be written as an HTTP request",
                "check key and base address for spaces and characters outside ASCII",
            )
        if watchdog.has_bitten:
            fault.add("cut off at the end of the time budget")
        raise fault  # outside the handler, so that no exception of httpx, with its URL, hangs on it

    def _receive(self, attempt: _Attempt, http_request: httpx.Request, seconds_left: Callable[[], float]) -> _Answer:
        request = attempt.request
        response = self._client.send(http_request, stream=True, auth=None, follow_redirects=False)
        try:
            attempt.status = response.status_code
            cap = request.max_bytes if response.is_success else min(REFUSAL_MAX_BYTES, request.max_bytes)
            body = read_body(response, request, cap, seconds_left)
            return _Answer(response.status_code, dict(response.headers), body)
        finally:
            response.close()

    def _http_request(self, request: Request, seconds_left: float, watchdog: Watchdog) -> httpx.Request:
        budget = max(seconds_left, 0.001)
        # a connection of its own: the watchdog needs to see it opened, and an idle one may be gone when used again
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": ACCEPTED_ENCODINGS, "Connection": "close"}
        timeout = httpx.Timeout(min(READ_SECONDS, budget), connect=min(CONNECT_SECONDS, budget))
        return self._client.build_request(
            request.method,
            request.url,
            params={**request.params, **request.secret_params} or None,
            headers={**headers, **request.headers, **request.secrets},
            json=request.json_body,
            timeout=timeout,
            extensions={"trace": watchdog.trace},
        )

    def _settle(self, attempt: _Attempt, fault: ProviderError | None, *, answered: bool) -> None:
        if attempt.permit is None:
            return
        if not answered:
            self._breakers.release(attempt.permit)
            return
        self._breakers.record(attempt.permit, fault if fault and counts_against_provider(fault) else None)
        if isinstance(fault, RateLimited) and fault.retry_after_seconds:
            self._limiter.hold(attempt.request.provider, fault.retry_after_seconds)

    def _wait_seconds(self, road: RoadLimits, state: tenacity.RetryCallState) -> float:
        backoff = road.retry_wait_min_seconds * road.retry_growth ** (state.attempt_number - 1)
        jitter = 1 + road.retry_jitter_frac * (2 * self._randomness() - 1)
        wait_seconds = min(backoff, road.retry_wait_max_seconds) * jitter
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.retry_after_seconds if isinstance(fault, RateLimited) else None
        return max(wait_seconds, asked or 0.0)

    def _stop(self, road: RoadLimits, deadline: float, state: tenacity.RetryCallState) -> bool:
        fault = state.outcome.exception() if state.outcome else None
        if not isinstance(fault, ProviderError):
            return True
        if state.attempt_number >= road.retry_attempts:
            if road.retry_attempts > 1:
                fault.add(f"attempt {state.attempt_number} of {road.retry_attempts}")
            return True
        left = deadline - self._clock.monotonic()
        if state.upcoming_sleep >= left:
            due = f"the next try is due in {state.upcoming_sleep:.0f} s"
            fault.add(f"gave up: {due}, the time budget has {max(left, 0):.0f} s left")
            return True
        return False


def _log_retry(request: Request, state: tenacity.RetryCallState) -> None:
    fault = state.outcome.exception() if state.outcome else None
    _LOG.warning("%s; trying again in %.1f s", scrub(str(fault), request.hidden), state.upcoming_sleep)
