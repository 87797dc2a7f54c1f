"""Finds a document's charset: that of its byte order mark, its XML declaration or its Content-Type, else UTF-8.

What is declared holds for the whole file. Bytes that it cannot decode are read as U+FFFD, one by one, and counted.
There are two exceptions. A file whose non-ASCII bytes are all valid UTF-8 is UTF-8 if anything declares that, because
no other text looks like it. A file said to be UTF-8 is Windows-1252 if none of its non-ASCII bytes is valid UTF-8.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
REPLACED = f"byte sequences that are not valid in the document's charset, read as {REPLACEMENT}"
_CHUNK = 64 * 1024
_HEAD = 256
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    ("<?".encode("utf-16-le"), "utf-16-le"),
    ("<?".encode("utf-16-be"), "utf-16-be"),
)
_XML_DECLARATION = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_UNREGISTERED = {
    "windows-31j": "cp932",
    "cswindows31j": "cp932",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "windows-874": "cp874",
}
_FAMILIES = ("utf_8", "utf_16", "utf_32", "cp125", "iso8859", "mac_roman")
_TEXT = {
    "ascii",
    "cp437",
    "cp850",
    "cp874",
    "cp932",
    "cp936",
    "cp949",
    "cp950",
    "koi8_r",
    "koi8_u",
    "tis_620",
    "shift_jis",
    "shift_jis_2004",
    "shift_jisx0213",
    "euc_jp",
    "euc_jis_2004",
    "euc_jisx0213",
    "iso2022_jp",
    "gb2312",
    "gbk",
    "gb18030",
    "hz",
    "big5",
    "big5hkscs",
    "euc_kr",
    "johab",
}
"""Charsets of documents. Python has further codecs, such as idna or unicode_escape, that would change a plain text."""
_MEANT = {"shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "ascii": "utf-8"}
"""Codecs whose name is used for a larger charset."""
_LATIN = "iso8859-1"  # accepts every byte; files that declare it are usually Windows-1252
_WINDOWS = "cp1252"
_UTF_8 = "utf-8"


@dataclass(frozen=True, slots=True)
class Charset:
    """How to decode a document.

    Attributes:
        codec: Name of a Python codec; if the file has a byte order mark, the codec strips it.
        replaced: Number of byte sequences that it cannot decode.
        instead_of: The declared codec, if nothing in the file agrees with it.
    """

    codec: str
    replaced: int = 0
    instead_of: str = ""

    @property
    def signals(self) -> dict[str, int]:
        """Counts for `loads.details`: what is unusual about the file."""
        signals = {REPLACED: self.replaced} if self.replaced else {}
        return signals | ({f"document read as {self.codec}, not {self.instead_of}": 1} if self.instead_of else {})


def charset_of(path: Path, declared: str | None) -> Charset:
    """Find the charset of a file.

    Args:
        path: The document.
        declared: The charset of its Content-Type, if any; an unknown one is ignored.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if mark := next((codec for mark, codec in _MARKS if head.startswith(mark)), None):
        return Charset(mark, _count_undecodable(path, mark))
    claimed = list(dict.fromkeys([*_of_xml(head), *_codecs_of(declared, head)])) or [_UTF_8]
    claimed.sort(key=lambda codec: codec != _UTF_8)
    undecodable: dict[str, int] = {}
    for codec in claimed:
        undecodable[codec] = _count_undecodable(path, codec)
        if not undecodable[codec]:
            return Charset(codec)
    if _UTF_8 in claimed and _is_windows(path):
        return Charset(_WINDOWS, instead_of=_UTF_8)
    codec = min(claimed, key=lambda codec: undecodable[codec])
    return Charset(codec, undecodable[codec])


def codec_named(charset: str) -> str | None:
    """Return the Python codec of a charset; None if there is none."""
    name = charset.strip().lower()
    try:
        codec = codecs.lookup(_UNREGISTERED.get(name, name)).name
    except (LookupError, ValueError):
        return None
    known = codec.replace("-", "_")
    return _MEANT.get(codec, codec) if known in _TEXT or known.startswith(_FAMILIES) else None


def text_pieces(path: Path, codec: str, errors: str = "replace", size: int = _CHUNK) -> Iterator[str]:
    """Decode a file piece by piece.

    Args:
        path: The file.
        codec: Name of a Python codec.
        errors: What to do with bytes that the codec cannot decode.
        size: Bytes per piece.
    """
    decoder = codecs.getincrementaldecoder(codec)(errors)
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _codecs_of(declared: str | None, head: bytes) -> list[str]:
    """Codecs to try for a declared charset, the likeliest first."""
    codec = codec_named(declared) if declared else None
    if codec is None:
        return []
    if codec == "utf-16":  # without a byte order mark
        return ["utf-16-le" if head[1:2] == b"\0" else "utf-16-be"]
    return [_WINDOWS, codec] if codec == _LATIN else [codec]


def _of_xml(head: bytes) -> list[str]:
    """The encoding in an XML declaration. It can be read, so it is none of UTF-16 or UTF-32."""
    found = _XML_DECLARATION.match(head)
    codecs_found = _codecs_of(found.group(1).decode("ascii"), head) if found else []
    return [codec for codec in codecs_found if not codec.startswith(("utf-16", "utf-32"))]


def _is_windows(path: Path) -> bool:
    """Whether a file that is not UTF-8 has no character of UTF-8 beyond ASCII, and is valid Windows-1252."""
    has_characters = any(not piece.isascii() for piece in text_pieces(path, _UTF_8, "ignore"))
    return not has_characters and not _count_undecodable(path, _WINDOWS)


def _count_undecodable(path: Path, codec: str) -> int:
    """Count the byte sequences that a codec cannot decode; the file itself may contain U+FFFD, too."""
    try:
        for _ in text_pieces(path, codec, "strict"):
            pass
    except UnicodeError:
        replaced, original = (
            sum(piece.count(REPLACEMENT) for piece in text_pieces(path, codec, errors))
            for errors in ("replace", "ignore")
        )
        return max(1, replaced - original)
    return 0
