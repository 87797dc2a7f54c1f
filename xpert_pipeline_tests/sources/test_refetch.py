"""A refetch asks Amazon again for everything in its days, whatever the table."""

import time
from datetime import date

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.runner import SyncRequest, run_config
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(240)]


def readings(pipeline):
    """How many loads of each table read something."""
    rows = pipeline.rows("loads", "table_name, fetched")
    return {
        table.name: sum(1 for row in rows if row["table_name"] == table.name and row["fetched"] > 0)
        for source in SOURCES
        for table in source.tables
    }


@pytest.mark.usefixtures("no_interval_of_reports")
def test_a_refetch_reads_every_table_again(empty_pipeline, make_sandbox):
    """The option reached the tables with days alone: listings were read again in no way but by emptying the table."""
    sandbox = make_sandbox(marketplaces=(GERMANY,), days=14, orders_per_day=10, skus=20)
    empty_pipeline.serve(sandbox, onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(GERMANY,))
    days = empty_pipeline.days
    assert empty_pipeline.run(days=days).success
    before = readings(empty_pipeline)
    histories = {source.table.name for source in SOURCES if isinstance(source, Derived) and source.keeps_history}
    before = {name: n for name, n in before.items() if name not in histories and empty_pipeline.truth(name)}
    assert all(before.values()), before
    asked = {table.name for source in SOURCES if source.operations for table in source.tables}
    assert len(asked & before.keys()) > len(asked) / 2, "the seller has too little to show anything"
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
