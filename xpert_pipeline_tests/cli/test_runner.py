"""What a sync is told: the same by every way it can be started."""

from datetime import date

import dagster as dg
import pytest

from xpert_pipeline.cli.runner import REFETCHABLE, Request, run_config
from xpert_pipeline.cli.ui import launch
from xpert_pipeline.definitions import build_definitions
from xpert_pipeline.settings import Settings

DAY = date(2026, 1, 1)
SELLER = type("Seller", (), {"amazon_seller_id": "A1"})()


@pytest.fixture(scope="module")
def sync():
    environ = {"XPERT_START_DATE": DAY.isoformat()}
    return build_definitions(Settings.from_env(environ), environ).resolve_job_def("sync")


def test_every_op_that_knows_refetch_is_told_it(sync):
    fields = {node.name: node.definition.config_schema.as_field().config_type for node in sync.nodes}
    knowing = {name for name, kind in fields.items() if "refetch" in (getattr(kind, "fields", None) or {})}
    assert knowing == set(REFETCHABLE)


@pytest.mark.parametrize(
    "tables", [("products",), ("orders", "order_items"), ("sales_data",), ("economics_daily",), ("traffic_daily",)]
)
def test_a_run_of_some_tables_accepts_it_all(sync, tables, monkeypatch):
    for name in ("DATABASE_URL", "AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET", "XPERT_ENCRYPTION_KEY"):
        monkeypatch.setenv(name, "given")
    request = Request(DAY, DAY, tables, refetch=True)
    subset = sync.get_subset(asset_selection={dg.AssetKey(table) for table in tables})
    assert dg.validate_run_config(subset, run_config(request))["ops"].keys() >= {node.name for node in subset.nodes}


def test_a_sync_through_the_run_queue_is_told_what_one_in_this_process_is(monkeypatch):
    told = []

    class Client:
        def __init__(self, *_args, **_more):
            pass

        def submit_job_execution(self, _job, **more):
            told.append(more["run_config"])
            return "a run"

    monkeypatch.setattr("xpert_pipeline.cli.ui.DagsterGraphQLClient", Client)
    requests = [Request(DAY, DAY, (), refetch) for refetch in (True, False)]
    assert len(list(launch(3000, [(SELLER, request) for request in requests]))) == 2
    assert told == [{"ops": {name: {"config": {"refetch": True}} for name in REFETCHABLE}}, {}]
