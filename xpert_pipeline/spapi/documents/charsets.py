"""Finds a document's charset: the declared one, UTF-8 or Windows-1252, whichever decodes the whole file first."""

import codecs
from pathlib import Path

_CHUNK = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JAPANESE = dict.fromkeys(("windows-31j", "shift_jis", "shift-jis", "sjis"), "cp932")  # the codec that Amazon means
_LATIN = "iso8859-1"  # accepts every byte; files that declare it are usually Windows-1252


def charset_of(path: Path, declared: str | None) -> str:
    """Find a charset that decodes the whole file without an error.

    Args:
        path: The document.
        declared: The charset of its Content-Type, if any; an unknown one is ignored.

    Returns:
        The name of a Python codec; if the file has a byte order mark, the codec strips it.

    Raises:
        ValueError: No charset decodes the whole file.
    """
    with path.open("rb") as file:
        head = file.read(4)
    candidates = [codec for mark, codec in _MARKS if head.startswith(mark)][:1] or _candidates(declared)
    for candidate in candidates:
        if _decodes(path, candidate):
            return candidate
    raise ValueError(f"it is not valid {' or '.join(candidates)}")


def _candidates(declared: str | None) -> list[str]:
    known = []
    try:
        declared = (declared or "utf-8").strip().lower()
        name = codecs.lookup(_JAPANESE.get(declared, declared)).name
        known = ["cp1252", name] if name == _LATIN else [name]
    except LookupError:
        pass
    return list(dict.fromkeys([*known, "utf-8", "cp1252"]))


def _decodes(path: Path, charset: str) -> bool:
    decoder = codecs.getincrementaldecoder(charset)("strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
