"""The configuration of a run: the same in this process and through the run queue."""

from datetime import date

import dagster as dg
import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.runner import SyncRequest, run_config
from xpert_pipeline.cli.ui import launch
from xpert_pipeline.definitions import build_definitions
from xpert_pipeline.settings import Settings

DAY = date(2026, 1, 1)
REFETCHABLE = {source.step for source in SOURCES if source.is_refetchable}
REFETCH = {"ops": {name: {"config": {"refetch": True}} for name in REFETCHABLE}}
SELLER = type("Seller", (), {"amazon_seller_id": "A1", "name": "Books"})()


@pytest.fixture(scope="module")
def sync():
    environ = {"XPERT_START_DATE": DAY.isoformat()}
    return build_definitions(Settings.from_env(environ), environ).resolve_job_def("sync")


def test_every_step_with_the_option_refetch_gets_it(sync):
    fields = {node.name: node.definition.config_schema.as_field().config_type for node in sync.nodes}
    with_option = {name for name, kind in fields.items() if "refetch" in (getattr(kind, "fields", None) or {})}
    assert with_option == REFETCHABLE


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.step)
def test_a_run_of_some_tables_accepts_the_configuration_of_all(sync, source, monkeypatch):
    for name in ("DATABASE_URL", "AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET", "XPERT_ENCRYPTION_KEY"):
        monkeypatch.setenv(name, "given")
    tables = tuple(table.name for table in source.tables)
    request = SyncRequest(DAY, DAY, tables, refetch=True)
    subset = sync.get_subset(asset_selection={dg.AssetKey(table) for table in tables})
    assert dg.validate_run_config(subset, run_config(request))["ops"].keys() >= {node.name for node in subset.nodes}


def test_a_sync_through_the_run_queue_has_the_same_configuration(monkeypatch):
    configurations = []

    class Client:
        def __init__(self, *_args, **_more):
            pass

        def submit_job_execution(self, _job, **more):
            configurations.append(more["run_config"])
            return "a run"

    monkeypatch.setattr("xpert_pipeline.cli.ui.DagsterGraphQLClient", Client)
    requests = [SyncRequest(DAY, DAY, (), refetch) for refetch in (True, False)]
    assert len(list(launch(3000, [(SELLER, request) for request in requests]))) == 2
    assert configurations == [REFETCH, {}]
