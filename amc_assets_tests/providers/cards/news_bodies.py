"""Bodies of the headline feeds, written by hand after what the wires send."""

from collections.abc import Sequence

GUID = "https://www.globenewswire.com/news-release/2026/11/20/{n}/0/en/item.html"
PUBLISHED = "Fri, 20 Nov 2026 21:06 GMT"


def item(n: int, **parts: str) -> str:
    """Return one RSS item; ``extra`` is put in as it is, a part given as "" is left out."""
    values = {
        "title": f"Acme {n} Announces Results", "link": GUID.format(n=n), "guid": GUID.format(n=n),
        "description": f"Something happened {n}.", "pubDate": PUBLISHED, **parts,
    }  # fmt: skip
    extra = values.pop("extra", "")
    cells = "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value)
    return f"<item>{cells}{extra}</item>"


def stock(tag: str) -> str:
    """Return GlobeNewswire's tag of a listed stock."""
    return f'<category domain="https://www.globenewswire.com/rss/stock">{tag}</category>'


def rss(items: Sequence[str], encoding: str = "utf-8") -> bytes:
    """Return an RSS 2.0 feed of these items."""
    head = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        "<channel><title>A wire</title><link>https://wire.test</link><description>News</description>\n"
    )
    return (head + "\n".join(items) + "\n</channel>\n</rss>\n").encode(encoding)
