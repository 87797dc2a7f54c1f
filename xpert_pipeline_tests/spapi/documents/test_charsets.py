"""The charset of a document: the declared one, else UTF-8, else Windows-1252; no character is silently replaced."""

import pytest

from xpert_pipeline.spapi.documents.charsets import charset_of

HINDI = "कुर्ता ₹ café"


@pytest.mark.parametrize(
    ("text", "stored", "declared", "charset"),
    [
        (HINDI, "utf-8", "utf-8", "utf-8"),
        (HINDI, "utf-8", None, "utf-8"),
        (HINDI, "utf-8-sig", None, "utf-8-sig"),
        (HINDI, "utf-16", "utf-8", "utf-16"),
        ("café €", "cp1252", "utf-8", "cp1252"),
        ("café €", "cp1252", None, "cp1252"),
        ("café €", "cp1252", "iso-8859-1", "cp1252"),
        ("着物", "cp932", "windows-31j", "cp932"),
        ("着物", "cp932", "Shift_JIS", "cp932"),
        (HINDI, "utf-8", "no-such-charset", "utf-8"),
        ("", "utf-8", None, "utf-8"),
    ],
)
def test_the_text_is_read_as_it_was_written(tmp_path, text, stored, declared, charset):
    path = tmp_path / "report"
    path.write_bytes(text.encode(stored))
    assert charset_of(path, declared) == charset
    assert path.read_text(encoding=charset) == text


def test_a_declared_charset_that_does_not_fit_gives_way(tmp_path):
    path = tmp_path / "report"
    path.write_bytes(b"a" * 3_000_000 + "café".encode("cp1252"))
    assert charset_of(path, "utf-8") == "cp1252"


def test_bytes_in_no_charset_are_an_error(tmp_path):
    path = tmp_path / "report"
    path.write_bytes(b"\x81\x8d\xff")
    with pytest.raises(ValueError, match="not valid utf-8 or cp1252"):
        charset_of(path, None)
