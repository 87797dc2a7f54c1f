"""How long a run waits for a report."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from xpert_pipeline.sources.jobs import patience_left
from xpert_pipeline.sources.run import RunOptions
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job, JobState

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def run_of(age: float):
    """A run that began `age` seconds ago, with a patience of ten minutes."""
    return SimpleNamespace(
        client=lambda: SimpleNamespace(server_now=lambda: NOW),
        options=RunOptions(patience=600.0, age=lambda: age),
    )


def job(requested_before: float | None) -> Job:
    requested = None if requested_before is None else NOW - timedelta(seconds=requested_before)
    return Job(uuid4(), JobRequest("GET_X"), JobState.IN_QUEUE, NOW, NOW, amazon_id="1", created_at=requested)


@pytest.mark.parametrize(
    ("age", "requested_before", "left"),
    [
        pytest.param(0, [0], 600, id="just requested"),
        pytest.param(400, [400], 200, id="the run has waited for another table since"),
        pytest.param(900, [900], 0, id="its time ran out while another table was loaded"),
        pytest.param(900, [100], 500, id="requested late in a long backfill"),
        pytest.param(900, [900, 100], 500, id="the youngest of a batch counts"),
        pytest.param(50, [7200], 550, id="a job of an earlier run gets the full time again"),
        pytest.param(900, [None], 600, id="not sent yet"),
        pytest.param(900, [], 600, id="nothing to wait for"),
    ],
)
def test_all_tables_of_a_run_share_one_patience_for_reports(age, requested_before, left):
    """A run requests its reports together at its start: stuck ones held a seller for half an hour per table."""
    assert patience_left(run_of(age), [job(before) for before in requested_before]) == left
