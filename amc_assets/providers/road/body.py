"""Reads an answer's body under a cap on decoded bytes and a deadline: nothing larger or slower is ever held.

Compression is undone here in bounded steps and not by httpx, whose decoder turns each piece it received into one
piece of any size: a 194 kB answer grew to 200 MB of memory.
"""

import zlib
from collections.abc import Callable, Iterator

import httpx

from amc_assets.providers.errors import BadRequest, MalformedBody, ProviderError, TooLarge
from amc_assets.providers.exchange import Request

ACCEPTED_ENCODINGS = "gzip, deflate"
_STEP_BYTES = 256 * 1024


def read_body(response: httpx.Response, request: Request, max_bytes: int, seconds_left: Callable[[], float]) -> bytes:
    """Return the decoded body.

    Raises TooLarge over ``max_bytes`` or past the deadline, MalformedBody when the compression is broken or its end is
    missing, BadRequest for a compression that was not asked for, and httpx's own errors while receiving.
    """
    if response.is_stream_consumed:  # a transport in memory answers with a finished body
        pieces: Iterator[bytes] = iter([response.content])
    else:
        pieces = _decoded(response, request)
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            raise _over(request, f"the body is larger than {max_bytes} bytes", "raise the cap if this is the real size")
        if seconds_left() <= 0:
            came = f"the body was not complete in time ({size} bytes came)"
            raise _over(request, came, "it is asked again on the next run")
        parts.append(piece)
    return b"".join(parts)


def _decoded(response: httpx.Response, request: Request) -> Iterator[bytes]:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        yield from response.iter_raw()
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BadRequest(
            request.provider,
            request.dataset,
            f"the answer is compressed with {encoding[:20]!r}, which was not asked for",
            "check that the base address is the provider's own",
        )
    try:
        yield from _inflated(response.iter_raw(), request)
    except zlib.error as error:
        raise _broken(request, f"the {encoding} compression of the body is broken ({error})") from None


def _inflated(chunks: Iterator[bytes], request: Request) -> Iterator[bytes]:
    inflater = None
    for chunk in chunks:
        if not chunk:
            continue
        if inflater is None:
            inflater = zlib.decompressobj(_window_bits(chunk))
        data = chunk
        while data:
            yield inflater.decompress(data, _STEP_BYTES)
            data = inflater.unconsumed_tail
            if inflater.eof and inflater.unused_data:  # gzip allows several members in a row
                data = inflater.unused_data
                inflater = zlib.decompressobj(_window_bits(data))
    if inflater is not None and not inflater.eof:
        yield inflater.flush()
        if not inflater.eof:
            raise _broken(request, "the compressed body ends before its end mark: it is truncated")


def _window_bits(start: bytes) -> int:
    """Return zlib's window for what the bytes are: gzip, zlib, or the bare deflate some servers send."""
    if start[:1] == b"\x1f":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if start[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


def _broken(request: Request, what: str) -> ProviderError:
    return MalformedBody(request.provider, request.dataset, what, "try again later; report it if it stays")


def _over(request: Request, what: str, step: str) -> ProviderError:
    return TooLarge(request.provider, request.dataset, f"{request.method} {request.endpoint}: {what}", step)
