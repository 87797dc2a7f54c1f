"""Gzip as Amazon's storage sends it, and cut off as after a broken connection."""

import gzip
import zlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xpert_pipeline.spapi.documents.gunzip import BrokenGzip, Gunzip

TEXT = "".join(f"row {n}\tकुर्ता\n" for n in range(5000)).encode()


def unpack(data, size=1000):
    gunzip = Gunzip()
    pieces = [piece for at in range(0, len(data), size) for piece in gunzip.feed(data[at : at + size])]
    return b"".join([*pieces, *gunzip.finish()])


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    "packed",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(gzip.compress(TEXT)),
        gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]),
        gzip.compress(TEXT) + b"\0" * 100,
        gzip.compress(TEXT[:5]) + b"\0" * 3 + gzip.compress(TEXT[5:]),
    ],
    ids=["plain", "gzip", "twice", "two members", "padded", "padded between"],
)
def test_every_packing_gives_the_same_document(packed, size):
    assert unpack(packed, size) == TEXT


@given(st.binary(max_size=300), st.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_any_bytes_survive_packing(data, size):
    assume(not data.startswith(b"\x1f\x8b"))
    assert unpack(gzip.compress(data), size) == data


@pytest.mark.parametrize("short", [b"", b"x", b"\x1f"])
def test_a_document_too_short_for_a_magic_number_is_plain(short):
    assert unpack(short) == short


def test_a_bomb_is_unpacked_piece_by_piece():
    bomb = gzip.compress(bytes(50_000_000))
    assert max(len(piece) for piece in Gunzip().feed(bomb)) <= 1024 * 1024


def test_a_document_cut_anywhere_is_broken():
    packed = gzip.compress(TEXT)
    for cut in range(3, len(packed), 97):
        with pytest.raises(BrokenGzip):
            unpack(packed[:cut])


def test_a_cut_second_member_is_broken():
    with pytest.raises(BrokenGzip, match="cut off"):
        unpack(gzip.compress(TEXT) + gzip.compress(TEXT)[:-3])


def test_a_flipped_bit_is_found_by_the_checksum():
    packed = bytearray(gzip.compress(TEXT, compresslevel=0))
    packed[len(packed) // 2] ^= 1
    with pytest.raises(BrokenGzip, match="damaged"):
        unpack(bytes(packed))


def test_foreign_bytes_after_the_document_are_refused():
    with pytest.raises(BrokenGzip, match="unexpected bytes"):
        unpack(gzip.compress(TEXT) + b"<html>")
    with pytest.raises(BrokenGzip):
        unpack(gzip.compress(TEXT) + b"\x1f")


def test_a_raw_deflate_stream_is_not_unpacked_as_gzip():
    raw = zlib.compress(TEXT)
    assert unpack(raw) == raw
