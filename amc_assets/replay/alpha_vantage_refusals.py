"""How Alpha Vantage says no: HTTP 200 and a sentence, word for word as it has been seen."""

import msgspec

from amc_assets.replay.answers import Answer

_PREMIUM_LINK = "https://www.alphavantage.co/premium/"
_JSON = msgspec.json.Encoder()


def bad_key() -> Answer:
    """Return the refusal of a missing or unknown key."""
    text = (
        "the parameter apikey is invalid or missing. Please claim your free API key on "
        "(https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
    )
    return _said("Error Message", text)


def bad_call(function: str) -> Answer:
    """Return the refusal of an unknown function, symbol or parameter."""
    text = (
        "Invalid API call. Please retry or visit the documentation (https://www.alphavantage.co/documentation/) "
        f"for {function}."
    )
    return _said("Error Message", text)


def day_spent(key: str) -> Answer:
    """Return the refusal of the call after the day's last; this variant echoes the key."""
    text = (
        f"We have detected your API key as {key} and our standard API rate limit is 25 requests per day. Please "
        f"subscribe to any of the premium plans at {_PREMIUM_LINK} to instantly remove all daily rate limits."
    )
    return _said("Information", text)


def too_fast() -> Answer:
    """Return the refusal of a second call within a second on a free key."""
    text = (
        "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly "
        f"(1 request per second). You may subscribe to any of the premium plans at {_PREMIUM_LINK} to lift the free "
        "key rate limit (25 requests per day), raise the per-second burst limit, and instantly unlock all premium "
        "endpoints"
    )
    return _said("Information", text)


def premium_burst(calls: int) -> Answer:
    """Return the refusal of a burst on a premium key."""
    text = (
        "Burst pattern detected. Please consider spreading out your API requests more evenly at no more than "
        f"{calls} requests per second."
    )
    return _said("Information", text)


def old_throttle() -> Answer:
    """Return the throttle of the years 2018 to 2023."""
    text = (
        "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per "
        f"day. Please visit {_PREMIUM_LINK} if you would like to target a higher API call frequency."
    )
    return _said("Note", text)


def premium_endpoint() -> Answer:
    """Return the paywall of a function."""
    text = (
        "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans "
        f"at {_PREMIUM_LINK} to instantly unlock all premium endpoints"
    )
    return _said("Information", text)


def premium_outputsize() -> Answer:
    """Return the paywall of ``outputsize=full``."""
    text = (
        "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium feature for the "
        f"TIME_SERIES_DAILY endpoint. You may subscribe to any of the premium plans at {_PREMIUM_LINK} to instantly "
        "unlock all premium features"
    )
    return _said("Information", text)


def artificial_options() -> Answer:
    """Return what a free key gets from REALTIME_OPTIONS: rows of a contract that does not exist, under a warning."""
    text = (
        "This is a premium endpoint. ***THE SAMPLE DATA SCHEMA BELOW IS ARTIFICIAL AND FOR ILLUSTRATION ONLY***. You "
        f"may subscribe to any of the premium plans at {_PREMIUM_LINK} to unlock the data"
    )
    rows = [
        {
            "contractID": f"XXYYZZ999999{side}00020000",
            "symbol": "XXYYZZ",
            "expiration": "2099-99-99",
            "strike": "20.00",
            "type": "call" if side == "C" else "put",
            "last": "0.00", "mark": "0.01", "bid": "0.00", "bid_size": "0", "ask": "0.02", "ask_size": "500",
            "volume": "0", "open_interest": "0", "date": "2099-99-99",
        }
        for side in "CP"
    ]  # fmt: skip
    return Answer(200, _JSON.encode({"endpoint": "Realtime Options", "message": text, "data": rows}))


def _said(name: str, text: str) -> Answer:
    return Answer(200, _JSON.encode({name: text}))
