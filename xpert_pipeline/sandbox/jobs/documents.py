"""Documents as bytes: written once, compressed at the same time, and kept while there is room."""

import gzip
import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

BAD_BYTE = "\udce9"
"""Stands for the byte E9, which is valid in UTF-8 only before other bytes, in the pieces of a document."""
KEPT_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A finished document. `packed` says whether `body` is gzip."""

    body: bytes
    packed: bool
    content_type: str


def pack(pieces: Iterable[str], encoding: str, content_type: str) -> Document:
    """Encode and compress a document piece by piece. Characters that the encoding lacks become question marks."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed: list[bytes] = []
    batch: list[str] = []
    for piece in pieces:
        batch.append(piece)
        if len(batch) >= 500:
            packed.append(compressor.compress(_encoded("".join(batch), encoding)))
            batch.clear()
    packed.append(compressor.compress(_encoded("".join(batch), encoding)))
    packed.append(compressor.flush())
    return Document(b"".join(packed), packed=True, content_type=f"{content_type};charset={encoding}")


def _encoded(text: str, encoding: str) -> bytes:
    return b"\xe9".join(part.encode(encoding, "replace") for part in text.split(BAD_BYTE))


def plain(text: str) -> Document:
    """Return an uncompressed document with a short text instead of data."""
    return Document(text.encode(), packed=False, content_type="text/plain;charset=UTF-8")


def reason(text: str) -> Document:
    """Return a document with the reason for a FATAL report, in Amazon's format."""
    return plain(json.dumps({"errorDetails": text}))


def in_two_members(document: Document) -> bytes:
    """Return the same content as two gzip members."""
    whole = gzip.decompress(document.body) if document.packed else document.body
    half = len(whole) // 2
    return gzip.compress(whole[:half], 1) + gzip.compress(whole[half:], 1)


@dataclass(slots=True)
class Documents:
    """Documents by id. A dropped document can be written again with the same content: the world does not change."""

    kept: OrderedDict[str, Document] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, document_id: str, write: Callable[[], Document]) -> Document:
        """Return a document; write it if it is not kept."""
        with self.lock:
            if document_id not in self.kept:
                self.kept[document_id] = write()
            self.kept.move_to_end(document_id)
            while len(self.kept) > 1 and sum(len(one.body) for one in self.kept.values()) > KEPT_BYTES:
                self.kept.popitem(last=False)
            return self.kept[document_id]
