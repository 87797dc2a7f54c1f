"""The rows that a perfect pipeline would load for returns. Amounts are text, times are UTC."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from hashlib import blake2b

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import amount_text, zulu
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.postings import REFUND
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.returns import ReturnedUnit, ReturnRequest, return_requests, returned_units
from xpert_pipeline.sandbox.world.transactions import books_of


def fba_returns(world: World, *, moved: bool = False) -> Iterator[Row]:
    """Yield one row for each unit that came back to Amazon, under the seller's first store."""
    first, equal = STORES[world.marketplace_ids[0]], Counter[str]()
    for unit in returned_units(world, _end(world), moved=moved):
        yield {
            "marketplace_id": first.id,
            "return_key": unit_key(unit, equal),
            "return_date": first.date_of(unit.at).isoformat(),
            "returned_at": zulu(unit.at),
            "order_id": unit.order_id,
            "sku": unit.sku,
            "asin": unit.asin,
            "fn_sku": unit.fn_sku,
            "product_name": unit.title,
            "quantity": 1,
            "fulfillment_center_id": unit.center,
            "disposition": unit.disposition,
            "reason_code": unit.reason,
            "status": unit.status,
            "license_plate_number": unit.plate or None,
        }


def merchant_returns(world: World) -> Iterator[Row]:
    """Yield one row for each request to return an item to the seller."""
    equal = Counter[str]()
    for request in return_requests(world, _end(world)):
        order, item = request.order, request.item
        store = STORES[order.marketplace_id or ""]
        is_refunded = request.refunded is not None
        yield {
            "marketplace_id": store.id,
            "return_key": request_key(request, equal),
            "return_date": written_day(request.day),
            "order_id": order.id,
            "order_item_id": item.id,
            "order_date": store.date_of(order.created).isoformat(),
            "rma_id": request.rma or None,
            "merchant_rma_id": None if request.is_prepaid else f"M{item.id}",
            "status": "Completed" if is_refunded else "Approved",
            "sku": item.sku,
            "asin": item.asin,
            "product_name": item.title,
            "quantity": item.shipped,
            "order_quantity": item.quantity,
            "reason_code": request.reason,
            "is_in_policy": request.is_in_policy,
            "return_type": "C-Returns",
            "resolution": "StandardRefund" if is_refunded else None,
            "is_prime": order.is_prime,
            "has_a_to_z_claim": request.has_claim,
            "delivery_date": written_day(request.refunded) if request.refunded is not None else None,
            "label_type": "AmazonPrePaidLabel" if request.is_prepaid else "MerchantUnPaidLabel",
            "label_cost": "55.00" if request.is_prepaid else None,
            "label_payer": "Seller" if request.is_prepaid else "Customer",
            "return_carrier": "ATS" if request.is_prepaid else None,
            "invoice_number": f"INV-{order.id}" if is_refunded else None,
            "order_amount": item.amount,
            "refunded_amount": item.amount if is_refunded else None,
            "currency": item.currency,
            **_claim(request),
        }


def returns_refunds(world: World, *, moved: bool = False) -> Iterator[Row]:
    """Yield the returns to Amazon, the requests to the seller, and the refunds in one shape."""
    units = returned_units(world, _end(world), moved=moved)
    for unit, row in zip(units, fba_returns(world, moved=moved), strict=True):
        yield (
            _EMPTY
            | _shared(row)
            | {
                "marketplace_id": unit.marketplace_id,
                "record_type": "FBA",
                "fulfilled_by": "AMAZON",
            }
        )
    for row in merchant_returns(world):
        yield _EMPTY | _shared(row) | {"record_type": "MFN", "fulfilled_by": "MERCHANT"}
    yield from _refunds(world)


def _refunds(world: World) -> Iterator[Row]:
    """Yield one row for each refunded item; the second posting of a deferred refund is the same money."""
    for marketplace_id in world.marketplace_ids:
        store = STORES[marketplace_id]
        for posting in books_of(world, marketplace_id, world.end_of(marketplace_id)).postings:
            if posting.type != REFUND or posting.key.endswith(" released"):
                continue
            day = written_day(store.day_of(posting.posted))
            for place, part in enumerate(posting.parts()):
                yield (
                    dict.fromkeys(_SHARED)
                    | _EMPTY
                    | {
                        "marketplace_id": marketplace_id,
                        "record_type": "REFUND",
                        "return_key": f"{posting.id}|{place}",
                        "event_date": day,
                        "order_id": dict(posting.identifiers)["ORDER_ID"],
                        "sku": part.sku,
                        "asin": part.asin,
                        "quantity": part.quantity,
                        "refund_date": day,
                        "refunded_at": zulu(posting.posted),
                        "status": posting.status,
                        "fulfilled_by": "AMAZON" if part.network == "AFN" else "MERCHANT",
                        "refund_amount": amount_text(Decimal(part.cents) / 100),
                        "currency": store.currency,
                        "refund_transaction_id": posting.id,
                    }
                )


_EMPTY: Row = dict.fromkeys(
    (
        "order_item_id", "fn_sku", "returned_at", "refund_date", "refunded_at", "disposition", "resolution",
        "fulfillment_center_id", "refund_amount", "currency", "refund_transaction_id", "rma_id", "is_in_policy",
        "label_cost", "has_a_to_z_claim",
    )
)  # fmt: skip
_SHARED = (
    "marketplace_id", "return_key", "return_date", "order_id", "sku", "asin", "quantity", "reason_code", "status",
)  # fmt: skip


def _shared(row: Row) -> Row:
    return {name: row[name] for name in (*_SHARED, *_EMPTY) if name in row} | {"event_date": row["return_date"]}


def unit_key(unit: ReturnedUnit, equal: Counter[str]) -> str:
    """Return the key of a unit; `equal` counts the units without a licence plate that are equal."""
    if unit.plate:
        return f"{unit.order_id}|{unit.sku}|{unit.plate}"
    facts = (unit.order_id, unit.sku, "", unit.fn_sku, "1", unit.center, unit.disposition, unit.reason)
    return f"{unit.order_id}|{unit.sku}|{_numbered(facts, equal)}"


def request_key(request: ReturnRequest, equal: Counter[str]) -> str:
    """Return the key of a request; `equal` counts the requests without Amazon's return id that are equal."""
    order_id, item = request.order.id, request.item
    if request.rma:
        return f"{request.rma}|{order_id}|{item.sku}|{item.id}"
    day = f"{written_day(request.day)}"
    written = f"{day[8:]}-{_MONTHS[int(day[5:7]) - 1]}-{day[:4]}"
    facts = ("", order_id, item.sku, item.id, written, str(item.shipped), request.reason)
    return f"{order_id}|{item.sku}|{item.id}|{_numbered(facts, equal)}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _numbered(facts: tuple[str, ...], equal: Counter[str]) -> str:
    digest = blake2b("\x1f".join(facts).encode(), digest_size=8).hexdigest()
    equal[digest] += 1
    return f"{digest}-{equal[digest]}"


def _claim(request: ReturnRequest) -> Row:
    has_claim = request.has_claim
    return {
        "safe_t_claim_id": f"SAFET{request.item.id}" if has_claim else None,
        "safe_t_claim_status": "Granted" if has_claim else None,
        "safe_t_claim_date": written_day(request.day) if has_claim else None,
        "safe_t_action_reason": "Customer keeps the item" if has_claim else None,
        "safe_t_reimbursed_amount": request.item.amount if has_claim else None,
    }


def _end(world: World) -> float:
    return max(world.end_of(marketplace_id) for marketplace_id in world.marketplace_ids)
