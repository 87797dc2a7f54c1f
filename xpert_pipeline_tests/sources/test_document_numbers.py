"""Amounts of flat files: the decimal sign is decided once for a document, and never guessed."""

from decimal import Decimal

import pytest

from xpert_pipeline.sources.document_numbers import UndecidableNumbers, decide_numbers


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["95,00", "-1.234,50"], ["95.00", "-1234.50"]),
        (["1,234.50", "1,234", ".5"], ["1234.50", "1234", "0.5"]),
        (["1,23,456.78", "1,23,456"], ["123456.78", "123456"]),
        (["1 234,50", "1\u00a0234,50", "\u2212" + "3,00"], ["1234.50", "1234.50", "-3.00"]),
        (["1'234.50", "+7"], ["1234.50", "7"]),
        (["0.500", "1234.567"], ["0.500", "1234.567"]),
        (["12", "-7"], ["12", "-7"]),
        (["1,234,567", "12"], ["1234567", "12"]),
    ],
)
def test_amounts_are_read_with_the_decimal_sign_that_their_document_shows(texts, numbers):
    style = decide_numbers(["", *texts])
    assert [style.read(text) for text in texts] == [Decimal(number) for number in numbers]


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["1,234"], "nothing tells whether '1,234' has decimals or is above a thousand"),
        (["95,00", "95.00"], "contradict each other: '95.00' and '95,00'"),
    ],
)
def test_a_document_whose_amounts_leave_the_decimal_sign_open_is_refused(texts, why):
    with pytest.raises(UndecidableNumbers, match=why):
        decide_numbers(texts)


@pytest.mark.parametrize("text", ["", "-", "abc", "1.2.3", "12,34,5.00", "1.00 EUR", ",100.00", "(5.00)", "1e5"])
def test_a_text_that_is_no_number_in_the_style_is_an_error(text):
    with pytest.raises(ValueError, match="not a number in the style of the document"):
        decide_numbers(["1.50"]).read(text)
