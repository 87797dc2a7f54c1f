"""Velocity and cover: hand-computed rows, a recomputation by other means, and any history gives what a fresh start gives."""

import pytest

from xpert_pipeline.assets.catalog.products import SOURCE as PRODUCTS
from xpert_pipeline.assets.inventory.fba_inventory import SOURCE as FBA_INVENTORY
from xpert_pipeline.assets.inventory.inventory_ledger import SOURCE as LEDGER
from xpert_pipeline.assets.inventory.inventory_levels import SOURCE as LEVELS
from xpert_pipeline.assets.inventory.velocity_trends import SOURCE
from xpert_pipeline.assets.orders.feed import SOURCE as ORDERS
from xpert_pipeline.assets.sales.sales_data import SOURCE as SALES
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

__all__ = ["empty_pipeline", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]


def test_a_synced_seller_has_the_velocity_of_every_sku_on_every_day(empty_pipeline, make_sandbox):
    empty_pipeline.sources = (PRODUCTS, ORDERS, SALES, FBA_INVENTORY, LEDGER, LEVELS, SOURCE)
    stores = (INDIA, GERMANY)
    empty_pipeline.serve(make_sandbox(marketplaces=stores, days=33, orders_per_day=8, skus=25), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    done = empty_pipeline.run()
    assert (done.success, set(done.states.values())) == (True, {"ok"})
    empty_pipeline.assert_whole("sales_data", "inventory_levels", "velocity_trends")
    again = empty_pipeline.run().counts["velocity_trends"]
    assert (again["inserted"], again["updated"], again["deleted"]) == (0, 0, 0)
