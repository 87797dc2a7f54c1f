"""How messages write numbers of things."""

import pytest

from xpert_pipeline.wording import counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 queries"), (1, "1 query"), (0.6, "1 query"), (2, "2 queries"), (1234, "1,234 queries")]
)
def test_one_thing_is_singular_and_any_other_number_plural(number, text):
    assert counted(number, "query", "queries") == text


@pytest.mark.parametrize(("number", "text"), [(1.0, "1 day"), (1.04, "1 day"), (19.6, "19.6 days"), (30.0, "30 days")])
def test_decimals_are_shown_where_there_are_any(number, text):
    assert counted(number, "day", decimals=1) == text
