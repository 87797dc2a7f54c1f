"""The steps of runs in other processes are reported once, as they begin and end."""

import logging

import dagster as dg
import pytest

from xpert_pipeline.cli.step_watch import TABLES_OF_STEP, StepWatch
from xpert_pipeline.progress import CHANNEL, Began, Ended

GOOD, BAD = list(TABLES_OF_STEP)[:2]


@pytest.fixture
def events():
    """Everything that is reported."""
    reported = []

    class Keep(logging.Handler):
        def emit(self, record):
            reported.append(record.event)

    handler = Keep()
    CHANNEL.addHandler(handler)
    level = CHANNEL.level
    CHANNEL.setLevel(logging.INFO)
    yield reported
    CHANNEL.removeHandler(handler)
    CHANNEL.setLevel(level)


def test_steps_are_reported_once_with_their_tables_and_whether_they_failed(events):
    """With Dagster's UI the display said "to do" for every table until the end."""

    @dg.op(name=GOOD)
    def good():
        pass

    @dg.op(name=BAD)
    def bad():
        raise ValueError

    @dg.op
    def other():
        pass

    @dg.job
    def sync():
        good()
        bad()
        other()

    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        run = sync.execute_in_process(instance=instance, raise_on_error=False)
        watch = StepWatch()
        for _ in range(2):
            watch.look(instance, run.run_id, "A1")
    assert sorted(events, key=str) == sorted(
        [
            Began("A1", TABLES_OF_STEP[GOOD]),
            Ended("A1", TABLES_OF_STEP[GOOD]),
            Began("A1", TABLES_OF_STEP[BAD]),
            Ended("A1", TABLES_OF_STEP[BAD], failed=True),
        ],
        key=str,
    )
