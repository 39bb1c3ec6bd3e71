"""Exact bytes of Alpha Vantage's option chains and news: all numbers are text but the overall sentiment score."""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any
from urllib.parse import urlsplit

import msgspec

from amc_assets.replay.market import ChainOfDay, FloatArray, NewsRow
from amc_assets.replay.spelling import dashed

SENTIMENT_DEFINITION = (
    "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; -0.15 < x < 0.15: Neutral; 0.15 <= x < 0.35: "
    "Somewhat_Bullish; x >= 0.35: Bullish"
)
RELEVANCE_DEFINITION = "0 < x <= 1, with a higher score indicating higher relevance."
_JSON = msgspec.json.Encoder()


def option_chain(chain: ChainOfDay | None, day: date, *, endpoint: str, with_greeks: bool) -> bytes:
    """Return the chain of ``day``; without one ``data`` is empty and the message says so.

    Sizes and the other greeks are absent: the chain does not have them. ``mark`` is the middle of bid and ask.
    """
    if chain is None:
        message = f"No data for the symbol and date {day.isoformat()}"
        return _JSON.encode({"endpoint": endpoint, "message": message, "data": []})
    rows = [_contract(chain, row, day, with_greeks=with_greeks) for row in range(len(chain.strike_usd))]
    return _JSON.encode({"endpoint": endpoint, "message": "success", "data": rows})


def news_feed(items: Sequence[NewsRow]) -> bytes:
    """Return NEWS_SENTIMENT of ``items`` in their order; scores are absent where the wire said nothing."""
    body = {
        "items": str(len(items)),
        "sentiment_score_definition": SENTIMENT_DEFINITION,
        "relevance_score_definition": RELEVANCE_DEFINITION,
        "feed": [_article(item) for item in items],
    }
    return _JSON.encode(body)


def label_of(score: float) -> str:
    """Return the provider's word for a score."""
    for bound, label in ((-0.35, "Bearish"), (-0.15, "Somewhat-Bearish")):
        if score <= bound:
            return label
    if score < 0.15:
        return "Neutral"
    return "Somewhat-Bullish" if score < 0.35 else "Bullish"


def _contract(chain: ChainOfDay, row: int, day: date, *, with_greeks: bool) -> dict[str, str]:
    result = {
        "contractID": str(chain.contract_symbols[row]).removeprefix("O:"),
        "symbol": dashed(chain.symbol),
        "expiration": str(chain.expiration_dates[row].astype("datetime64[D]")),
        "strike": f"{float(chain.strike_usd[row]):.2f}",
        "type": "call" if chain.is_call[row] else "put",
    }
    _add(result, row, "{:.2f}", last=chain.last_usd, bid=chain.bid_usd, ask=chain.ask_usd)
    if "bid" in result and "ask" in result:
        result["mark"] = f"{(chain.bid_usd[row] + chain.ask_usd[row]) / 2:.2f}"
    _add(result, row, "{:.0f}", volume=chain.volume_contracts, open_interest=chain.open_interest_contracts)
    result["date"] = day.isoformat()
    if with_greeks:
        _add(result, row, "{:.5f}", implied_volatility=chain.iv_frac, delta=chain.delta, gamma=chain.gamma)
    return result


def _add(result: dict[str, str], row: int, form: str, **columns: FloatArray) -> None:
    for name, column in columns.items():
        value = float(column[row])
        if value == value:  # noqa: PLR0124 - a number: observed
            result[name] = form.format(value)


def _article(item: NewsRow) -> dict[str, Any]:
    score = item.vendor_sentiment
    article: dict[str, Any] = {
        "title": item.title,
        "url": item.url,
        "time_published": f"{item.published_at.astimezone(UTC):%Y%m%dT%H%M%S}",
        "authors": [item.publisher],
        "summary": item.summary,
        "banner_image": "",
        "source": item.publisher,
        "category_within_source": "n/a",
        "source_domain": urlsplit(item.url).hostname or "",
        "topics": [{"topic": "Financial Markets", "relevance_score": "0.999174"}],
    }
    if score is not None:
        article |= {"overall_sentiment_score": score, "overall_sentiment_label": label_of(score)}
    article["ticker_sentiment"] = [_mention(symbol, len(item.symbols), score) for symbol in item.symbols]
    return article


def _mention(symbol: str, count: int, score: float | None) -> dict[str, str]:
    mention = {"ticker": dashed(symbol), "relevance_score": f"{1 / count:.6f}"}
    if score is not None:
        mention |= {"ticker_sentiment_score": f"{score:.6f}", "ticker_sentiment_label": label_of(score)}
    return mention
