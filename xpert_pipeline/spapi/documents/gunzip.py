"""Decompresses gzip piece by piece: recognises layers by their magic number, checks each member's end and checksum."""

import zlib
from collections.abc import Iterator

_MAGIC = b"\x1f\x8b"
_PIECE = 1024 * 1024


class BrokenGzip(Exception):
    """The bytes are cut off or damaged."""


class Gunzip:
    """Decompresses gzip, even if it is compressed twice (document and HTTP body); passes other bytes through."""

    def __init__(self, depth: int = 2) -> None:
        self._depth = depth
        self._head: bytes | None = b""  # the first bytes, until there are enough to recognise a layer
        self._members: _Members | None = None
        self._inner: Gunzip | None = None

    @property
    def compressed(self) -> bool:
        """Whether there was a gzip layer."""
        return self._inner is not None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompress more bytes; yield pieces of at most a megabyte. Bytes that are not gzip pass unchanged."""
        if self._head is not None:
            data = self._head + data
            if len(data) < len(_MAGIC):
                self._head = data
                return
            self._head = None
            if data.startswith(_MAGIC) and self._depth:
                self._inner, self._members = Gunzip(self._depth - 1), _Members()
        if self._inner is None or self._members is None:
            yield data
            return
        for piece in self._members.unpack(data):
            yield from self._inner.feed(piece)

    def finish(self) -> Iterator[bytes]:
        """Yield the bytes still held back, and check that nothing is missing.

        Raises:
            BrokenGzip: The last member has no end.
        """
        if self._members is not None:
            self._members.check_end()
        if self._inner is not None:
            yield from self._inner.finish()
        elif self._head:
            yield self._head


class _Members:
    """The members of one gzip layer, one after the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._rest = b""  # bytes after a member, too few to recognise

    def unpack(self, data: bytes) -> Iterator[bytes]:
        if self._member.eof:
            data = self._next(self._rest + data)
        more = bool(data)
        while more:
            try:
                piece = self._member.decompress(data, _PIECE)
            except zlib.error as exc:
                raise BrokenGzip(f"the gzip document is damaged ({exc})") from exc
            if piece:
                yield piece
            data = self._member.unconsumed_tail
            more = bool(data) or len(piece) == _PIECE
            if self._member.eof:
                data = self._next(self._member.unused_data)
                more = bool(data)

    def check_end(self) -> None:
        if not self._member.eof or self._rest:
            raise BrokenGzip("the gzip document is cut off")

    def _next(self, data: bytes) -> bytes:
        """Begin the next member; skip the zero bytes that may pad a file."""
        data = data.lstrip(b"\0")
        self._rest = data if len(data) < len(_MAGIC) else b""
        if not data or self._rest:
            return b""
        if not data.startswith(_MAGIC):
            raise BrokenGzip("there are unexpected bytes after the gzip document")
        self._member = zlib.decompressobj(31)
        return data
