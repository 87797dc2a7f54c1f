"""Numbers in Amazon's JSON: exact where a column can hold them; others cost their record and nothing else."""

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from xpert_pipeline.spapi.sending.classification import parse_json
from xpert_pipeline.tables.fields import Amount, Id, Percent, Quantity, Text


def test_numbers_are_exact():
    assert parse_json(b"[7, -0.10, 12345678901234567890, 1E+3]") == [
        7,
        Decimal("-0.10"),
        12345678901234567890,
        Decimal("1E+3"),
    ]
    assert [type(value) for value in parse_json(b"[7, 7.0]")] == [int, Decimal]


@pytest.mark.parametrize("text", ["9" * 5_000, "-" + "9" * 5_000, "1e999999999", "1.5e-999999999", "0." + "1" * 5_000])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-32"])
def test_an_absurd_number_is_read_at_once_and_refused_by_every_column(text, codec):
    """Python reads no integer of 5,000 digits, so that the whole page failed; a huge exponent took minutes of a core."""
    value = parse_json(f'{{"orders": [{{"quantity": {text}}}]}}'.encode(codec))["orders"][0]["quantity"]
    for kind in (Quantity, Amount, Percent, Text, Id):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(value)
