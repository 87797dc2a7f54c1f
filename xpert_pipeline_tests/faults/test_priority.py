"""A backfill leaves the last quarter of a burst to live work; which of the two a run is, its days tell."""

from uuid import uuid4

import pytest

from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.sandbox.app import PLANS
from xpert_pipeline.spapi.quota.quota import kept_for_live_work
from xpert_pipeline_tests.faults.pipeline import CLIENT_ID

OPERATION, BURST = "getOrderMetrics", 15
"""Each plan of orders needs it."""
RATE = 0.1
"""So slow that no token comes while a run starts."""


@pytest.fixture
def nearly_spent(empty_pipeline, make_sandbox, monkeypatch):
    """Live work has taken all but the last quarter of a burst."""
    monkeypatch.setitem(PLANS, OPERATION, (RATE, BURST))
    empty_pipeline.serve(make_sandbox(rate_scale=1))
    quota, bucket = PostgresQuota(empty_pipeline.pool), (CLIENT_ID, empty_pipeline.sellers[0], "eu", OPERATION)
    for _ in range(BURST - kept_for_live_work(BURST, 1)):
        quota.take(*bucket, RATE, BURST, uuid4(), 0)
    return empty_pipeline


def waited(pipeline):
    spent = [row["waits"].get(OPERATION) for row in pipeline.rows("loads")]
    assert sum(each["calls"] for each in spent if each) >= 1
    return sum(each["waited_seconds"] for each in spent if each)


def test_a_backfill_of_past_days_leaves_the_last_quarter_of_a_burst(nearly_spent):
    """Nothing would have shown it, had every run been taken for live work."""
    assert nearly_spent.run(days=nearly_spent.past_days, tables=("orders", "order_items")).success
    assert waited(nearly_spent) > 1  # for a token, less what came of it while the run started


def test_a_run_with_today_takes_of_the_last_quarter(nearly_spent):
    assert nearly_spent.run(tables=("orders", "order_items")).success
    assert waited(nearly_spent) < 0.5
