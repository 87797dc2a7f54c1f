"""How tests read a present state, and what the ledger says of it."""

import pytest

STOCK = ["fba_inventory"]


@pytest.fixture
def stock(empty_pipeline, make_sandbox):
    """A seller with more than a page of SKUs at Amazon, in the real sandbox."""
    empty_pipeline.serve(make_sandbox(skus=120))
    return empty_pipeline


def read(pipeline, tables=STOCK, **options):
    return pipeline.run(tables=tables, days=[pipeline.today], **options)


def windows(pipeline, table="fba_inventory"):
    """Kind, numbers and details of each load, in order."""
    loads = sorted(
        (load for load in pipeline.rows("loads") if load["table_name"] == table), key=lambda load: load["finished_at"]
    )
    return [(load["window_kind"], load["fetched"], load["deleted"], load["details"]) for load in loads]
