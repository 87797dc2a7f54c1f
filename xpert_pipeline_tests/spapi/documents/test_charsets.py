"""The charset of a document: what is declared holds for the file, and only bytes that do not fit are replaced."""

import pytest

from xpert_pipeline.spapi.documents.charsets import REPLACED, Charset, charset_of, codec_named, text_pieces

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
    found = charset_of(path, declared)
    assert (found.codec, found.replaced) == (charset, 0)
    assert path.read_text(encoding=charset) == text


def found(tmp_path, content, declared):
    """What is read, with the number of bytes that could not be."""
    path = tmp_path / "report"
    path.write_bytes(content)
    charset = charset_of(path, declared)
    text = "".join(text_pieces(path, charset.codec))
    return charset, text


def test_a_file_said_to_be_utf_8_without_one_character_of_utf_8_is_windows_1252(tmp_path):
    charset, text = found(tmp_path, b"a" * 3_000_000 + "café".encode("cp1252"), "utf-8")
    assert charset == Charset("cp1252", instead_of="utf-8")
    assert text.endswith("aaacafé")
    assert charset.signals == {"document read as cp1252, not utf-8": 1}


@pytest.mark.parametrize("declared", ["utf-8", None])
def test_one_bad_byte_in_a_file_of_utf_8_costs_that_byte_alone(tmp_path, declared):
    """It turned the whole file into Windows-1252 ("CafÃ©"), or had it refused if there was Hindi in it."""
    charset, text = found(tmp_path, "Café\t".encode() + b"\xe9\t" + f"\t{HINDI}\n".encode(), declared)
    assert charset == Charset("utf-8", replaced=1)
    assert text == f"Café\t\ufffd\t\t{HINDI}\n"
    assert charset.signals == {REPLACED: 1}


def test_replacement_characters_of_the_file_itself_are_not_counted(tmp_path):
    charset, _ = found(tmp_path, f"{HINDI} \ufffd\ufffd".encode() + b"\xff", None)
    assert charset.replaced == 1


@pytest.mark.parametrize(
    ("stored", "declared", "bad"),
    [
        ("cp932", "Windows-31J", b"\x85"),
        ("cp932", "shift_jis", b"\x85"),
        ("euc_jp", "EUC-JP", b"\xff"),
        ("utf-16-le", "UTF-16LE", b"\x00\xd8"),
        ("gb18030", "GBK", b"\xff"),
    ],
)
def test_bad_bytes_do_not_overrule_a_declared_charset(tmp_path, stored, declared, bad):
    content = "着物\t".encode(stored) + bad + "\t帯\n".encode(stored)
    charset, text = found(tmp_path, content, declared)
    assert (charset.codec, charset.replaced, text) == (stored, 1, "着物\t\ufffd\t帯\n")


def test_a_cell_cut_off_in_the_middle_of_a_character_does_not_swallow_its_neighbour(tmp_path):
    _, text = found(tmp_path, "着物".encode("cp932")[:-1] + "\t帯\nnext\n".encode("cp932"), "Windows-31J")
    assert text == "着\ufffd\t帯\nnext\n"


@pytest.mark.parametrize("end", [99_999, 64 * 1024 - 1])
def test_a_character_that_two_chunks_share_is_whole(tmp_path, end):
    charset, text = found(tmp_path, b"a" * end + "着物".encode("cp932"), "Windows-31J")
    assert (charset.replaced, text[-3:]) == (0, "a着物")


@pytest.mark.parametrize(
    ("declaration", "header", "stored"),
    [
        ('<?xml version="1.0" encoding="Shift_JIS"?>', None, "cp932"),
        ("<?xml version='1.0' encoding='Windows-31J' standalone='yes'?>", "utf-8", "cp932"),
        ('<?xml version="1.0" encoding="EUC-JP"?>', "text", "euc_jp"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "windows-31j", "cp932"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "cp1252", "utf-8"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-8", "utf-8"),
        ('<?xml version="1.0" encoding="UTF-16"?>', None, "utf-16-le"),
        ('<?xml version="1.0"?>', "EUC-JP", "euc_jp"),
    ],
)
def test_the_declaration_of_an_xml_file_counts_as_the_header_does(tmp_path, declaration, header, stored):
    charset, text = found(tmp_path, f"{declaration}<a>着物</a>".encode(stored), header)
    assert (charset.codec, charset.replaced, text) == (stored, 0, f"{declaration}<a>着物</a>")


def test_bytes_in_no_charset_are_replaced_and_counted(tmp_path):
    assert found(tmp_path, b"\x81\x8d\xff", None) == (Charset("utf-8", replaced=3), "\ufffd" * 3)


@pytest.mark.parametrize("name", ["base64", "rot13", "undefined", "no-such-charset", "", "a\x00b"])
def test_a_name_that_is_no_charset_is_ignored(tmp_path, name):
    assert codec_named(name) is None
    assert found(tmp_path, HINDI.encode(), name) == (Charset("utf-8"), HINDI)


@pytest.mark.parametrize(
    "name",
    ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "rot13", "base64", "undefined", "mbcs"],
)
def test_a_codec_that_is_no_charset_of_documents_is_ignored(tmp_path, name):
    """A file that names such a codec was changed by it: `+AGE-` became `a`, and `\\x41` became `A`."""
    assert codec_named(name) is None
    charset, text = found(tmp_path, b"SKU+AGE-\\x41\t1\n", name)
    assert (charset.codec, text) == ("utf-8", "SKU+AGE-\\x41\t1\n")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *(("UTF8", "utf-8"), ("utf_16_le", "utf-16-le"), ("latin1", "iso8859-1"), ("windows-1250", "cp1250")),
        *(("Big5", "big5"), ("ISO-2022-JP", "iso2022_jp"), ("KOI8-R", "koi8-r"), ("windows-874", "cp874")),
        *(("GB2312", "gb18030"), ("ks_c_5601-1987", "cp949"), ("macintosh", "mac-roman"), ("us-ascii", "utf-8")),
    ],
)
def test_charsets_of_documents_are_known_by_all_their_names(name, codec):
    assert codec_named(name) == codec
