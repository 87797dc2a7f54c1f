"""The rows that a perfect pipeline would load for fees: estimates of today, transactions, and days of economics.

Amounts are text, and positive if the seller pays.
"""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.finance.transactions_truth import financial_event_amounts
from xpert_pipeline.sandbox.finance.truth import economics_daily
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.fee_estimates import estimated
from xpert_pipeline.sandbox.world.records import World

WITHHELD = {"ItemTCS": "tcs_amount", "ItemTDS": "tds_amount"}
FEES = ("AmazonFees", "DigitalServicesFee")
NOTHING = dict.fromkeys(
    (
        "order_id", "transaction_id", "transaction_type", "fee_group", "listing_price", "is_fba", "estimated_by",
        "quantity", "fee_amount", "promotion_amount", "tax_amount", "final_amount", "tcs_amount", "tds_amount",
        "status", "error_code",
    )
)  # fmt: skip


def fees_breakdown(world: World, *, restated: bool = False, previewed: bool = True) -> Iterator[Row]:
    """Yield the fees of all three sources."""
    yield from _estimates(world, previewed=previewed)
    yield from _charged(world)
    for row in economics_daily(world, restated=restated):
        for fee in row["fees"]:
            yield NOTHING | {
                "marketplace_id": row["marketplace_id"],
                "fee_source": "actual_day",
                "ref_key": row["sku"],
                "fee_type": fee["type"],
                "period_start": row["business_date"],
                "period_end": row["business_date"],
                "sku": row["sku"],
                "asin": row["asin"],
                "quantity": fee["quantity"],
                "fee_amount": fee["amount"],
                "promotion_amount": fee["promotion"],
                "tax_amount": fee["tax"],
                "final_amount": fee["total"],
                "currency": row["currency"],
            }


def _estimates(world: World, *, previewed: bool) -> Iterator[Row]:
    now = time.time()
    for listing, way, lines, _ in estimated(world.listings, previewed=previewed):
        price = f"{Decimal(listing.price or 0).normalize():f}"
        row = NOTHING | {
            "marketplace_id": listing.marketplace_id,
            "fee_source": "estimate",
            "ref_key": f"{listing.sku}@{price}@{'AMAZON' if listing.fba else 'MERCHANT'}",
            "period_start": written_day(STORES[listing.marketplace_id].day_of(now)),
            "period_end": None,
            "sku": listing.sku,
            "asin": listing.asin,
            "listing_price": listing.price,
            "is_fba": listing.fba,
            "estimated_by": way,
            "currency": listing.currency,
        }
        if lines is None:
            refused = {"status": "ClientError", "error_code": "InvalidParameterValue"}
            yield row | refused | {"fee_type": "(no estimate)"}
        for name, group, charge in lines or ():
            yield row | {
                "fee_type": name,
                "fee_group": group,
                "status": "Success",
                "quantity": 1,
                "fee_amount": amount_text(charge.amount),
                "promotion_amount": amount_text(charge.promotion),
                "tax_amount": amount_text(charge.tax),
                "final_amount": amount_text(charge.total),
            }


def _charged(world: World) -> Iterator[Row]:
    found: dict[tuple[Any, ...], tuple[Row, list[Row]]] = {}
    for leaf in financial_event_amounts(world):
        if leaf["is_counted"] and leaf["amount_group"] in (*FEES, *WITHHELD):
            names = ("marketplace_id", "transaction_id", "item_index", "amount_name")
            key = tuple(leaf[name] for name in names)
            found.setdefault(key, (leaf, []))[1].append(leaf)
    for first, leaves in found.values():
        row = NOTHING | {
            "marketplace_id": first["marketplace_id"],
            "fee_source": "actual_txn",
            "ref_key": f"{first['transaction_id']}#{first['item_index']}",
            "fee_type": first["amount_name"],
            "period_start": first["posted_date"],
            "period_end": first["posted_date"],
            "sku": first["sku"],
            "asin": first["asin"],
            "order_id": first["order_id"],
            "transaction_id": first["transaction_id"],
            "transaction_type": first["transaction_type"],
            "fee_group": first["amount_group"],
            "currency": first["currency"],
        }
        if first["amount_group"] in WITHHELD:
            yield row | {WITHHELD[first["amount_group"]]: _sum(leaves)}
        else:
            yield row | {
                "fee_amount": _sum([leaf for leaf in leaves if not leaf["is_tax"]]),
                "tax_amount": _sum([leaf for leaf in leaves if leaf["is_tax"]]),
                "final_amount": _sum(leaves),
            }


def _sum(leaves: list[Row]) -> str | None:
    return amount_text(-sum((Decimal(leaf["amount"]) for leaf in leaves), Decimal(0)))
