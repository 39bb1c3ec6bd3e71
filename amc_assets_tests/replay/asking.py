"""Sends the project's own requests to a replay server and reads the answers with its own parsers."""

from dataclasses import dataclass

import httpx

from amc_assets.providers.exchange import Parsed, Parser, Request

CONTACT_AGENT = "amc_assets/0.1 (replay@example.com)"


@dataclass(frozen=True)
class Asker:
    """A plain client without the road: no limits, no retries, no cache."""

    environment: dict[str, str]

    def send(self, request: Request) -> httpx.Response:
        """Send a request as the transport would."""
        headers = {"User-Agent": CONTACT_AGENT, **request.headers, **request.secrets}
        with httpx.Client(trust_env=False, timeout=120) as client:
            return client.request(
                request.method,
                request.url,
                params={**request.params, **request.secret_params} or None,
                headers=headers,
                json=request.json_body,
            )

    def read(self, request: Request, parser: Parser) -> Parsed:
        """Send a request and parse what came."""
        answer = self.send(request)
        assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        return parser(answer.content, request)

    def url(self, name: str) -> str:
        """Return a base address."""
        return self.environment[f"{name}_BASE_URL"]

    @property
    def polygon(self) -> tuple[str, str]:
        """Polygon's base address and key."""
        return self.url("POLYGON"), self.environment["POLYGON_API_KEY"]

    @property
    def alpha_vantage(self) -> tuple[str, str]:
        """Alpha Vantage's base address and key."""
        return self.url("ALPHA_VANTAGE"), self.environment["ALPHA_VANTAGE_API_KEY"]
