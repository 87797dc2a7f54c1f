"""Requests that Amazon would answer with an empty report are refused."""

import pytest

from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline_tests.spapi.jobs.reports import END, KIND, START


def test_a_reversed_window_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        JobRequest(KIND, END, START)
