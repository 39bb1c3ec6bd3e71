"""From a request to its answer: whose path it is, whether key and plan let it pass, and the answer itself.

All providers live on one address here; their paths do not collide, so every base address variable can point at it.
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from amc_assets.clock import Clock
from amc_assets.replay.alpha_vantage_routes import AlphaVantageRoutes
from amc_assets.replay.answers import HTML_HEADERS, JSON_HEADERS, Answer, BodyCache
from amc_assets.replay.conditional import conditional
from amc_assets.replay.datasets import PROVIDER_OF, RECORDED_KIND, Dataset
from amc_assets.replay.exchange_routes import NasdaqRoutes, NyseRoutes
from amc_assets.replay.finra_routes import FINRA_API_PATH, FinraRoutes, unknown_path
from amc_assets.replay.market import Market
from amc_assets.replay.news_routes import NewsRoutes
from amc_assets.replay.plans import Plan, PlanGuard
from amc_assets.replay.polygon_routes import PolygonRoutes
from amc_assets.replay.publication_gate import PublicationGate
from amc_assets.replay.refusals import Refusals
from amc_assets.replay.sec_routes import SecRoutes
from amc_assets.replay.site import ProviderRoutes, Routed, Site, WireRequest
from amc_assets.replay.treasury_routes import TreasuryRoutes

__all__ = ["CACHE_BYTES", "FINRA_API_PATH", "Routed", "Routes", "WireRequest"]

CACHE_BYTES = 96 * 1024 * 1024
_NOT_FOUND = b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"
_POSTED = frozenset(
    {Dataset.SHORT_INTEREST, Dataset.REG_SHO_DAILY, Dataset.OTC_THRESHOLD_LIST, Dataset.TOKEN, Dataset.UNKNOWN}
)
_KEYS = frozenset({"apikey"})


class Routes:
    """Answers requests about one market; safe to call from many threads."""

    def __init__(
        self,
        market: Market,
        *,
        api_key: str,
        base_url: str,
        clock: Clock | None = None,
        plan: Plan = Plan.UNLIMITED,
        alpha_vantage_key: str | None = None,
    ) -> None:
        self._site = Site(
            market=market,
            gate=PublicationGate(market, clock),
            cache=BodyCache(CACHE_BYTES),
            polygon_key=api_key,
            alpha_vantage_key=api_key if alpha_vantage_key is None else alpha_vantage_key,
            base_url=base_url,
        )
        self._guard = PlanGuard(plan, self._site, clock)
        self._providers: dict[str, ProviderRoutes] = {
            "finra": FinraRoutes(self._site),
            "polygon": PolygonRoutes(self._site),
            "alpha_vantage": AlphaVantageRoutes(self._site),
            "nasdaq": NasdaqRoutes(self._site),
            "nyse": NyseRoutes(self._site),
            "sec": SecRoutes(self._site),
            "treasury": TreasuryRoutes(self._site),
            "news": NewsRoutes(self._site),
        }

    @property
    def refusals(self) -> Refusals:
        """Counts of what was refused."""
        return self._site.refusals

    def settlement_before(self, text: str) -> str | None:
        """Return the settlement date before the one named ``text`` (ISO); None when there is none."""
        earlier = [day for day in self._site.gate.settlements() if day.isoformat() < text]
        return earlier[-1].isoformat() if earlier else None

    def route(self, request: WireRequest) -> Routed:
        """Return the dataset of a request; the key is taken out of the path before anything keeps it."""
        parts = urlsplit(request.target)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        public = sorted((name, value) for name, value in params.items() if name.lower() not in _KEYS)
        canonical = parts.path + ("?" + urlencode(public) if public else "")
        path = unquote(parts.path)
        return Routed(self._dataset_of(path, params), path, canonical, params)

    def answer(self, routed: Routed, request: WireRequest) -> Answer:
        """Return the answer to a routed request."""
        allowed = {"GET", "POST"} if routed.dataset in _POSTED else {"GET"}
        if request.method not in allowed:
            return Answer(405, b"", {"Allow": ", ".join(sorted(allowed))})
        provider = self._providers.get(PROVIDER_OF[routed.dataset])
        if provider is None:
            return _unknown(routed.path)
        refused = provider.refused_key(routed, request) or self._guard.refusal(routed)
        if refused is not None:
            return refused
        kind = RECORDED_KIND.get(routed.dataset)
        if kind is not None and not self._site.market.records(kind):
            return _unknown(routed.path)
        return conditional(provider.answer(routed, request), routed.dataset, request.headers)

    def _dataset_of(self, path: str, params: Mapping[str, str]) -> Dataset:
        found = (routes.dataset_of(path, params) for routes in self._providers.values())
        return next((dataset for dataset in found if dataset is not None), Dataset.UNKNOWN)


def with_target(request: WireRequest, target: str, body: bytes) -> WireRequest:
    """Return ``request`` asking for something else, without its conditions."""
    headers = {name: value for name, value in request.headers.items() if not name.startswith("if-")}
    return replace(request, target=target, body=body, headers=headers)


def _unknown(path: str) -> Answer:
    finra = unknown_path(path)
    if finra is not None:
        return finra
    if path.startswith(("/v", "/stocks/")):
        return Answer(404, b'{"status":"NOT_FOUND","message":"Resource not found"}', JSON_HEADERS)
    return Answer(404, _NOT_FOUND, HTML_HEADERS)
