"""Addresses from outside: only a plain https address of a named host becomes a link, all others are not shown."""

import re
from urllib.parse import urlsplit

from amc_assets.report.text import LONGEST_TEXT

# One host name of ASCII letters, digits, dots and dashes; no user, no port, no address of numbers: what a publisher's
# page has. Everything after it in characters that need no escaping, so that what is read is what is opened.
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?:[/?#][A-Za-z0-9._~:/?#@!$&()*+,;=%-]*)?\Z")


def safe_address(url: str) -> str:
    """Return ``url`` when it may become a link, else an empty text."""
    if len(url) > LONGEST_TEXT or not _ADDRESS.match(url):
        return ""
    return url if _HOST.match(host_of(url)) else ""


def host_of(url: str) -> str:
    """Return the host of an address in small letters, without www."""
    return (urlsplit(url).hostname or "").lower().removeprefix("www.")
