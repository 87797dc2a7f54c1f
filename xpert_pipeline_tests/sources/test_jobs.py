"""How long a run waits for a report."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from xpert_pipeline.assets.report_steps import patience_left
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job, JobState

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def run_of(age: float):
    """A run that has gone on for so many seconds, with a patience of ten minutes."""
    return SimpleNamespace(
        client=lambda: SimpleNamespace(server_now=lambda: NOW), patience=600.0, age=lambda: age, log=None
    )


def work(asked_before: float | None) -> Job:
    asked = None if asked_before is None else NOW - timedelta(seconds=asked_before)
    return Job(uuid4(), JobRequest("GET_X"), JobState.IN_QUEUE, NOW, NOW, amazon_id="1", created_at=asked)


@pytest.mark.parametrize(
    ("age", "asked_before", "left"),
    [
        pytest.param(0, [0], 600, id="just asked for"),
        pytest.param(400, [400], 200, id="another table of the run has been waited for meanwhile"),
        pytest.param(900, [900], 0, id="its time has run out while another table was loaded"),
        pytest.param(900, [100], 500, id="asked for late in a long backfill"),
        pytest.param(900, [900, 100], 500, id="the youngest of a batch counts"),
        pytest.param(50, [7200], 550, id="an earlier run's work is waited for anew"),
        pytest.param(900, [None], 600, id="not sent yet"),
        pytest.param(900, [], 600, id="nothing to wait for"),
    ],
)
def test_the_patience_for_reports_is_one_for_all_tables_of_a_run(age, asked_before, left):
    """Reports are asked for together at a run's start: stuck ones held a seller for half an hour per table."""
    assert patience_left(run_of(age), [work(each) for each in asked_before]) == left
