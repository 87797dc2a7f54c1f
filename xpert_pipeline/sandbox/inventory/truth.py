"""The rows that a perfect pipeline would load for the current FBA stock. Times are UTC."""

from collections.abc import Iterator
from typing import Any

from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world.holdings import Holding, holdings
from xpert_pipeline.sandbox.world.movements import IN_TRANSIT, RECEIVING, WORKING
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.stock import stock_of

Row = dict[str, Any]


def fba_inventory(world: World) -> Iterator[Row]:
    """Yield one row for each SKU and condition in each of the seller's stores, even if no unit is left."""
    for marketplace_id in world.marketplace_ids:
        for holding in holdings(stock_of(world, marketplace_id, world.end_of(marketplace_id))):
            yield {"marketplace_id": marketplace_id, **_row(holding)}


def _row(holding: Holding) -> Row:
    line, unfulfillable = holding.line, holding.unfulfillable
    return {
        "sku": line.sku,
        "fn_sku": line.fn_sku,
        "condition": line.condition,
        "asin": line.asin,
        "product_name": line.title,
        "total_quantity": holding.total,
        "fulfillable_quantity": holding.fulfillable,
        "inbound_working_quantity": holding.inbound.get(WORKING, 0),
        "inbound_shipped_quantity": holding.inbound.get(IN_TRANSIT, 0),
        "inbound_receiving_quantity": holding.inbound.get(RECEIVING, 0),
        "reserved_quantity": holding.reserved,
        "reserved_customer_order_quantity": holding.customer_orders,
        "reserved_transshipment_quantity": holding.transshipment,
        "reserved_fc_processing_quantity": holding.fc_processing,
        "researching_quantity": sum(holding.researching),
        "unfulfillable_quantity": sum(unfulfillable.values()),
        "customer_damaged_quantity": unfulfillable["CUSTOMER_DAMAGED"],
        "warehouse_damaged_quantity": unfulfillable["WAREHOUSE_DAMAGED"],
        "distributor_damaged_quantity": unfulfillable["DISTRIBUTOR_DAMAGED"],
        "carrier_damaged_quantity": unfulfillable["CARRIER_DAMAGED"],
        "defective_quantity": unfulfillable["DEFECTIVE"],
        "expired_quantity": unfulfillable["EXPIRED"],
        "amazon_updated_at": zulu(line.touched),
    }
