"""Takes the one file out of a zip archive under a cap: a zip bomb costs its own size and no more.

The size that the archive states is looked at first, the bytes that come out are counted too. The name inside is never
used: nothing is written to disk.
"""

import io
import struct
import zipfile
import zlib

from amc_assets.providers.errors import TooLarge
from amc_assets.providers.exchange import Request
from amc_assets.providers.wire.delimited import malformed

_STEP_BYTES = 256 * 1024
_KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# what zipfile raises for injured archives besides its own error: found by mutation
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError)


def only_member(body: bytes, request: Request, most_bytes: int) -> bytes:
    """Return the content of the archive's only file.

    Raises MalformedBody for no archive, a broken, encrypted or other one than one plain file, TooLarge when the file is
    larger than ``most_bytes``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise malformed(request, f"the archive holds {len(members)} files, one is expected")
            member = members[0]
            if member.flag_bits & _ENCRYPTED or member.compress_type not in _KNOWN_METHODS:
                raise malformed(request, "the archive is encrypted or packed in a way that was never used before")
            if member.file_size > most_bytes:
                raise _bomb(request, f"says it holds {member.file_size} bytes", most_bytes)
            return _inflate(archive, member, request, most_bytes)
    except _BROKEN as error:
        raise malformed(request, f"the body is no whole zip archive ({type(error).__name__}): {body[:20]!r}") from None


def _inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo, request: Request, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    with archive.open(member) as stream:
        while piece := stream.read(_STEP_BYTES):
            size += len(piece)
            if size > most_bytes:
                raise _bomb(request, f"gave more than {size} bytes", most_bytes)
            parts.append(piece)
    return b"".join(parts)


def _bomb(request: Request, what: str, most_bytes: int) -> TooLarge:
    attempted = f"{request.method} {request.endpoint}: the file in the archive {what}, {most_bytes} are allowed"
    return TooLarge(request.provider, request.dataset, attempted, "raise the cap if this is the real size")
