"""Puts a body together within a limit, unpacking gzip without ever holding more than the limit. Reads no network."""

import zlib
from collections.abc import Iterable, Iterator

from hortus.web.fetch_urls import Unfetchable

PIECE = 65_536  # bytes unpacked at a time: what a bomb can win before it is noticed


def unpacked(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """Return a body as it was before it was packed.

    encoding: the Content-Encoding header. limit: bytes that the unpacked body may have. Raises Unfetchable when it
    has more, is packed in a way that was not asked for, or is damaged.

    >>> unpacked([b"a", b"b"], "", 2)
    b'ab'
    """
    how = encoding.strip().lower()
    if how not in {"", "identity", "gzip", "x-gzip"}:
        raise Unfetchable("packed-oddly", "The answer is packed in a way that was not asked for; only gzip is read.")
    body = bytearray()
    for piece in _gunzipped(chunks) if "gzip" in how else chunks:
        body += piece
        if len(body) > limit:
            raise too_big(limit)
    return bytes(body)


def too_big(limit: int) -> Unfetchable:
    """Return the refusal of a body above the limit."""
    return Unfetchable("too-big", f"The answer is larger than {limit:,} bytes, which is the most that is read.")


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    engine = None
    try:
        for chunk in chunks:
            left = chunk
            while left:
                if engine is None or engine.eof:
                    engine = zlib.decompressobj(31)
                yield engine.decompress(left, PIECE)
                left = engine.unused_data or engine.unconsumed_tail
        if engine is not None and not engine.eof:
            raise Unfetchable("cut-short", "The answer ends before it is complete; try again later.")
    except zlib.error as error:
        raise Unfetchable("damaged", "The answer says that it is packed with gzip, but cannot be unpacked.") from error
