"""JSON Lines: numbers keep their digits, and a line that is no object is never skipped."""

import io
from decimal import Decimal

import pytest

from xpert_pipeline.spapi.documents import json_lines
from xpert_pipeline.spapi.documents.json_lines import BadLine, read_objects


def read(text):
    return list(read_objects(io.StringIO(text, newline="\n"), source="query 1"))


def test_each_line_is_an_object_and_numbers_are_exact():
    objects = read('{"a": 12.10, "n": 3}\r\n\n{"a": 0.1}')
    assert objects == [{"a": Decimal("12.10"), "n": 3}, {"a": Decimal("0.1")}]
    assert str(objects[0]["a"]) == "12.10"


def test_null_is_a_record_without_content():
    assert read('{"a": 1}\nnull\n') == [{"a": 1}, None]


def test_an_empty_document_has_no_objects():
    assert read("") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{"a": "canary', "line 2 is not JSON \\(at character 7\\)"),
        ('{"a": NaN}', "line 1 is not JSON"),
        ('{"a": 1}{"a": 2}', "line 1 is not JSON"),
        ("[" * 100_000, "line 1 is not JSON"),
        ("[1]", "line 1 is a list, not an object"),
        ("<html>", "line 1 is not JSON"),
    ],
)
def test_a_line_that_is_no_object_is_an_error_that_does_not_quote_it(text, message):
    with pytest.raises(BadLine, match=message) as caught:
        read(text)
    assert "canary" not in str(caught.value)
    assert str(caught.value).startswith("query 1: line "), "the message names no seller"


def test_an_endless_line_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(json_lines, "LONGEST_LINE", 10)
    with pytest.raises(BadLine, match="line 2 is longer than 10 characters"):
        read('{"a":1}\n{"a": "0123456789"}')
