"""What all of the SEC's answers share: its two block pages, told apart, and what a 403 means there.

The SEC wants a contact in the User-Agent and at most ten requests a second over all its hosts. Who breaks either gets a
web page, mostly with 403, at times with 200.
"""

from amc_assets.providers.errors import NotFound, ProviderError, RateLimited, Unauthorized
from amc_assets.providers.exchange import Refusal, Request

PROVIDER = "sec"
PAUSE_SECONDS = 600.0  # the page asks for ten minutes below the threshold
CONTACT_STEP = "set AMC_CONTACT to your e-mail address: the SEC wants one in the User-Agent of every request"
_WITHIN_BYTES = 16 * 1024
_UNDECLARED = b"undeclared automated tool"
_TOO_FAST = b"request rate threshold exceeded"
_NO_SUCH_FILE = (b"<code>nosuchkey</code>", b"<code>accessdenied</code>")  # the file store behind data.sec.gov


def without_contact(request: Request) -> Unauthorized:
    """Return the error for a request that is not sent because no contact is configured."""
    attempted = f"{request.method} {request.endpoint} was not sent: no contact is configured"
    return Unauthorized(request.provider, request.dataset, attempted, CONTACT_STEP)


def refuse_block_page(body: bytes, request: Request) -> None:
    """Raise what a block page stands for when ``body`` is a web page that is one; do nothing for anything else."""
    head = body[:512].lower()
    if b"<html" not in head and b"<!doctype html" not in head:
        return
    error = _block(body, request, "with 200")
    if error is not None:
        raise error


def read_refusal(refusal: Refusal, request: Request) -> ProviderError | None:
    """Return the error behind an SEC answer that is not 2xx; None leaves it to the general table."""
    if refusal.status not in (403, 429):
        return None
    if refusal.status == 429 and any(name.lower() == "retry-after" for name in refusal.headers):
        return None
    error = _block(refusal.body, request, str(refusal.status))
    if error is not None or refusal.status == 429:
        return error
    where = (request.provider, request.dataset)
    attempted = f"{request.method} {request.endpoint} was answered 403"
    if any(mark in refusal.body[:_WITHIN_BYTES].lower() for mark in _NO_SUCH_FILE):
        return NotFound(*where, f"{attempted}: there is no such file", "the SEC holds nothing under that name")
    step = "check that AMC_CONTACT is a real address; the SEC also refuses some networks altogether"
    return Unauthorized(*where, attempted, step)


def _block(body: bytes, request: Request, answered: str) -> ProviderError | None:
    """Return the error of a block page; a page that says both is about the missing contact."""
    text = body[:_WITHIN_BYTES].lower()
    where = (request.provider, request.dataset)
    attempted = f"{request.method} {request.endpoint} was answered {answered}"
    if _UNDECLARED in text:
        return Unauthorized(*where, f"{attempted}: the SEC saw an undeclared automated tool", CONTACT_STEP)
    if _TOO_FAST in text:
        step = f"it is tried again in {PAUSE_SECONDS / 60:.0f} minutes; other programs at this address count too"
        return RateLimited(*where, f"{attempted}: the request rate is over the SEC's threshold", step, PAUSE_SECONDS)
    return None
