"""What the field types accept."""

import pytest
from pydantic import TypeAdapter, ValidationError

from xpert_pipeline.tables.fields import Id, Text

BROKEN = "402-123\N{REPLACEMENT CHARACTER}567"


def test_an_id_with_a_character_that_could_not_be_decoded_is_refused():
    """It would be loaded as another order, beside the right one."""
    with pytest.raises(ValidationError, match="an id with a character that could not be decoded"):
        TypeAdapter(Id).validate_python(BROKEN)


def test_a_text_keeps_a_character_that_could_not_be_decoded():
    assert TypeAdapter(Text).validate_python(BROKEN) == BROKEN
