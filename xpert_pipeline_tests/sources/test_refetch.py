"""A refetch asks Amazon again for everything in its days, whatever the table."""

import time
from datetime import date

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.runner import SyncRequest, run_config
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(240)]


def readings(pipeline):
    """How many loads of each table read something."""
    rows = pipeline.rows("loads", "table_name, fetched")
    return {
        table.name: sum(1 for row in rows if row["table_name"] == table.name and row["fetched"] > 0)
        for source in SOURCES
        for table in source.tables
    }


def test_a_refetch_reads_every_table_again(empty_pipeline, make_sandbox):
    """The option reached the tables with days alone: listings were read again in no way but by emptying the table."""
    empty_pipeline.serve(make_sandbox())
    days = empty_pipeline.days
    assert empty_pipeline.run(days=days).success
    before = readings(empty_pipeline)
    assert all(before.values()), before
    time.sleep(2.1)  # a report or query of the same second would serve
    done = empty_pipeline.run(days=days, refetch=True)
    assert done.success
    after = readings(empty_pipeline)
    assert [name for name in before if after[name] <= before[name]] == []
    assert {name: done.counts[name]["fetched"] for name in before if not done.counts[name]["fetched"]} == {}


def test_the_command_asks_every_source_that_asks_amazon_for_a_refetch():
    day = date(2026, 11, 1)
    config = run_config(SyncRequest(day, day, refetch=True))
    assert config["ops"] == {source.step: {"config": {"refetch": True}} for source in SOURCES if not source.is_derived}
