"""The rows that a perfect pipeline would load for FBA stock: the current state, and every day. Times are UTC."""

import time
from collections.abc import Iterator
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.holdings import Holding, holdings
from xpert_pipeline.sandbox.world.movements import (
    CUSTOMER_RETURN,
    DAMAGED,
    FOUND,
    IN_TRANSIT,
    LOST,
    MISPLACED,
    RECEIPT,
    RECEIVING,
    REMOVAL,
    SHIPMENT,
    WORKING,
)
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.stock import stock_of
from xpert_pipeline.sandbox.world.stock_days import DayBalance, day_balances

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


def inventory_ledger(world: World) -> Iterator[Row]:
    """Yield one row for each day and disposition with units or movements, for days that are over."""
    for marketplace_id in world.marketplace_ids:
        stock = stock_of(world, marketplace_id, world.end_of(marketplace_id))
        today = STORES[marketplace_id].day_of(time.time())
        for balance in day_balances(stock, stock.first, min(stock.last, today - 1)):
            yield {"marketplace_id": marketplace_id, **_ledger_row(STORES[marketplace_id], balance)}


def _ledger_row(store: Store, balance: DayBalance) -> Row:
    line, moved = balance.line, balance.moved
    return {
        "business_date": written_day(balance.day),
        "location": store.country,
        "store": store.name,
        "sku": line.sku,
        "fn_sku": line.fn_sku,
        "disposition": balance.disposition,
        "asin": line.asin,
        "product_name": line.title,
        "opening_quantity": balance.opening,
        "receipts_quantity": moved.get(RECEIPT, 0),
        "customer_shipments_quantity": moved.get(SHIPMENT, 0),
        "customer_returns_quantity": moved.get(CUSTOMER_RETURN, 0),
        "vendor_returns_quantity": moved.get(REMOVAL, 0),
        "warehouse_transfer_quantity": 0,
        "found_quantity": moved.get(FOUND, 0),
        "lost_quantity": moved.get(LOST, 0),
        "damaged_quantity": moved.get(DAMAGED, 0),
        "disposed_quantity": 0,
        "other_events_quantity": moved.get(MISPLACED, 0),
        "unknown_events_quantity": 0,
        "in_transit_quantity": 0,
        "closing_quantity": balance.closing,
        "unexplained_quantity": 0,
    }
