"""The rows that a perfect pipeline would load for FBA stock: the current state, and every day. Times are UTC."""

import time
from collections.abc import Iterator
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.holdings import Holding, holdings
from xpert_pipeline.sandbox.world.listing_facts import own_quantity
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
    SELLABLE,
    SHIPMENT,
    UNFULFILLABLE,
    WORKING,
    Stock,
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


def inventory_levels(world: World) -> Iterator[Row]:
    """Yield the stock of both channels today, and the FBA stock at the end of each earlier day."""
    for marketplace_id in world.marketplace_ids:
        store = STORES[marketplace_id]
        stock = stock_of(world, marketplace_id, world.end_of(marketplace_id))
        today = store.day_of(time.time())
        rows = [*_amazons_level(stock, today), *_merchant_level(world, marketplace_id, today)]
        for row in [*rows, *_past_levels(stock, today)]:
            yield {"marketplace_id": marketplace_id, **row}


def _amazons_level(stock: Stock, today: int) -> Iterator[Row]:
    by_sku: dict[str, list[Holding]] = {}
    for holding in holdings(stock):
        by_sku.setdefault(holding.line.sku, []).append(holding)
    for sku, held in by_sku.items():
        available = sum(holding.fulfillable for holding in held)
        reserved = sum(holding.reserved for holding in held)
        inbound = sum(sum(holding.inbound.values()) for holding in held)
        total = sum(holding.total for holding in held)
        yield {
            **_level(today, sku, "AMAZON", held[0].line.asin, "snapshot"),
            "available_quantity": available,
            "reserved_quantity": reserved,
            "on_hand_quantity": available + reserved,
            "unfulfillable_quantity": sum(sum(holding.unfulfillable.values()) for holding in held),
            "warehouse_quantity": total - inbound,
            "inbound_quantity": inbound,
            "total_quantity": total,
            "is_in_stock": available > 0,
        }


def _merchant_level(world: World, marketplace_id: str, today: int) -> Iterator[Row]:
    for listing in world.listings_of((marketplace_id,)):
        if (own := own_quantity(listing)) is not None:
            quantities = ("available", "on_hand", "warehouse", "total")
            yield {
                **_level(today, listing.sku, "MERCHANT", listing.asin, "snapshot"),
                **{f"{name}_quantity": own for name in quantities},
                "is_in_stock": own > 0,
            }


def _past_levels(stock: Stock, today: int) -> Iterator[Row]:
    levels: dict[tuple[int, str], list[DayBalance]] = {}
    for balance in day_balances(stock, stock.first, min(stock.last, today - 1)):
        levels.setdefault((balance.day, balance.line.sku), []).append(balance)
    for (day, sku), balances in levels.items():
        on_hand = sum(balance.closing for balance in balances if balance.disposition == SELLABLE)
        unfulfillable = sum(balance.closing for balance in balances if balance.disposition in UNFULFILLABLE)
        yield {
            **_level(day, sku, "AMAZON", balances[0].line.asin, "ledger"),
            "on_hand_quantity": on_hand,
            "unfulfillable_quantity": unfulfillable,
            "warehouse_quantity": sum(balance.closing for balance in balances),
            "is_in_stock": on_hand > 0,
        }


def _level(day: int, sku: str, channel: str, asin: str, source: str) -> Row:
    return {
        "snapshot_date": written_day(day),
        "sku": sku,
        "fulfillment_channel": channel,
        "asin": asin,
        "available_quantity": None,
        "reserved_quantity": None,
        "unfulfillable_quantity": None,
        "inbound_quantity": None,
        "total_quantity": None,
        "stock_source": source,
    }
