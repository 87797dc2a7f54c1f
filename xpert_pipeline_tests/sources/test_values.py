"""Single values of payloads: figures as texts, times, nulls in lists."""

from decimal import Decimal

import pytest

from xpert_pipeline.sources.values import digits


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("30.1", 2, "30.10"),
        ("5.00", 2, "5.00"),
        ("1E+3", 2, "1000.00"),
        ("0.00005", 2, "0.00005"),
        ("-0", 2, "0.00"),
        ("5.0", 0, "5"),
        ("2.5", 0, "2.5"),
    ],
)
def test_equal_figures_have_equal_texts(value, places, text):
    assert digits(Decimal(value), places) == text
