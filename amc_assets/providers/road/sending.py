"""One HTTP exchange: the request written, the answer read under caps and a deadline, httpx's errors made ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from amc_assets.providers.errors import BadRequest, ProviderError, Unreachable
from amc_assets.providers.exchange import Request
from amc_assets.providers.road.answers import from_httpx
from amc_assets.providers.road.body import ACCEPTED_ENCODINGS, read_body
from amc_assets.providers.road.watchdog import Overdue, Watchdog

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # of silence; the whole body has the rest of the budget
REFUSAL_MAX_BYTES = 64 * 1024
SecondsLeft = Callable[[], float]


@dataclass(frozen=True)
class Answer:
    """What came back; header names are lower-case, the body is decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Sender:
    """Sends requests over one httpx client, each over a connection of its own."""

    def __init__(self, client: httpx.Client, user_agent: str) -> None:
        self._client = client
        self._user_agent = user_agent

    def send(
        self,
        request: Request,
        more_headers: Mapping[str, str],
        seconds_left: SecondsLeft,
        seen: Callable[[int], None],
        sent: Callable[[], None],
    ) -> Answer:
        """Return the answer, whatever its status.

        ``sent`` is told when the request has left, ``seen`` is told the status before the body is read.

        Takes no longer than ``seconds_left`` and half a second, the name lookup included. Raises ProviderError only.
        """
        fault: ProviderError
        watchdog = Watchdog()

        def exchange() -> Answer:
            http_request = self._written(request, more_headers, seconds_left(), _Trace(watchdog, sent))
            return self._receive(http_request, request, seconds_left, seen)

        try:
            return watchdog.run(seconds_left(), exchange)
        except Overdue:
            what = f"{request.method} {request.endpoint} got nowhere: the name lookup or the connection hangs"
            step = "check the name service and the network of this machine; it is tried again on the next run"
            fault = Unreachable(request.provider, request.dataset, what, step)
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

    def _receive(
        self, http_request: httpx.Request, request: Request, seconds_left: SecondsLeft, seen: Callable[[int], None]
    ) -> Answer:
        response = self._client.send(http_request, stream=True, auth=None, follow_redirects=False)
        try:
            seen(response.status_code)
            cap = request.max_bytes if response.is_success else min(REFUSAL_MAX_BYTES, request.max_bytes)
            body = read_body(response, request, cap, seconds_left)
            return Answer(response.status_code, dict(response.headers), body)
        finally:
            response.close()

    def _written(
        self, request: Request, more_headers: Mapping[str, str], seconds_left: float, trace: "_Trace"
    ) -> httpx.Request:
        budget = max(seconds_left, 0.001)
        # a connection of its own: the watchdog needs to see it opened, and an idle one may be gone when used again
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": ACCEPTED_ENCODINGS, "Connection": "close"}
        params = {**request.params, **request.secret_params}
        url = httpx.URL(request.url)
        return self._client.build_request(
            request.method,
            url.copy_merge_params(params) if params else url,  # a query of the address itself (a next page) stays
            headers={**headers, **more_headers, **request.headers, **request.secrets},
            json=request.json_body,
            timeout=httpx.Timeout(min(READ_SECONDS, budget), connect=min(CONNECT_SECONDS, budget)),
            extensions={"trace": trace},
        )


@dataclass(frozen=True)
class _Trace:
    """What httpcore tells of a request on its way: the connection to the watchdog, the last byte to ``sent``."""

    watchdog: Watchdog
    sent: Callable[[], None]

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.watchdog.trace(event, info)
        if event.endswith(".send_request_body.complete"):
            self.sent()
