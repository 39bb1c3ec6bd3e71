"""The SEC's page that links the fails-to-deliver files: which halves of a month are out, and where they lie.

The folders of the links changed several times, so only the file name says what a link is; of its address only the path
is kept, which is asked of the configured host.
"""

import re
from datetime import date
from urllib.parse import urlsplit

import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.sec.answer import PROVIDER, refuse_block_page
from amc_assets.providers.sec.fails import SECOND_HALF_DAY
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects

FAILS_INDEX = "fails_index"
INDEX_KEY = ("half_month_date",)
PATH = "/data-research/sec-markets-data/fails-deliver-data"
_FRESH_SECONDS = 6 * 3600.0
_LINK = re.compile(
    rb"""href\s*=\s*["']([^"'<>\s]{0,300}/(cnsfails(20\d\d)(0[1-9]|1[0-2])([ab])(?:_\d{1,2})?\.zip))["']""",
    re.IGNORECASE,
)
_TOPIC = re.compile(rb"fails[\s-]to[\s-]deliver", re.IGNORECASE)
_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


def index_request(base_url: str) -> Request:
    """Return the request for the page; a copy of the last six hours will do."""
    return Request(
        PROVIDER,
        FAILS_INDEX,
        "GET",
        f"{base_url.rstrip('/')}{PATH}",
        max_bytes=8 * 1024 * 1024,
        fresh_seconds=_FRESH_SECONDS,
    )


def parse_fails_index(body: bytes, request: Request) -> Parsed:
    """Read the links: ``file_name, half_month_date`` (the 1st or 16th), ``path`` on the SEC's host; newest first.

    Of two files of one half the later one on the page counts. Raises MalformedBody for a page that ends early, or that
    links no file and is not about fails at all: it moved.
    """
    refuse_block_page(body, request)
    if b"</html>" not in body[-4096:].lower():
        raise malformed(request, f"the page is truncated or none at all: it ends {body[-60:]!r}")
    strange: list[str] = []
    found: dict[date, tuple[str, str]] = {}
    for link, name, year, month, half in _LINK.findall(body):
        day = date(int(year), int(month), 1 if half.lower() == b"a" else SECOND_HALF_DAY)
        path = _path_of(link)
        if path is None:
            strange.append(f"unreadable_field: {link[:100].decode('latin-1')}")
        else:
            found[day] = (name.decode("ascii"), path)
    if not found and not _TOPIC.search(body):
        raise malformed(request, "the page links no file of fails to deliver and is about something else: it moved")
    days = sorted(found, reverse=True)
    table = pa.table(
        {
            "file_name": pa.array([found[day][0] for day in days], pa.string()),
            "half_month_date": pa.array(days, pa.date32()),
            "path": pa.array([found[day][1] for day in days], pa.string()),
        }
    )
    rejects = Rejects(table.num_rows)
    rejects.before_parsing({"unreadable_field": len(strange)} if strange else {}, tuple(strange))
    return rejects.finish(table, request)


def _path_of(link: bytes) -> str | None:
    """Return the path of a link, or None when it is no plain one."""
    try:
        path = urlsplit(link.decode("ascii")).path
    except ValueError:
        return None
    return path if _PATH.fullmatch(path) else None
