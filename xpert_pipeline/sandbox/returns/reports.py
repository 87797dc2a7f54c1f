"""The reports of returns: what came back to Amazon, and what goes back to the seller."""

from collections.abc import Iterator
from datetime import date

from xpert_pipeline.sandbox.faults import WORLD, FaultKind
from xpert_pipeline.sandbox.jobs.flat_file import flat_line
from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import offset
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.refunds import refund_day
from xpert_pipeline.sandbox.world.returns import ReturnedUnit, ReturnRequest, return_requests, returned_units

MOVED = "returns-moved"
DATES = f"{WORLD}: returns"
"""The place of faults that change when something came back."""
STRAY, UNITS = "return-of-unrefunded-order", "returned units"
"""A fault of the report, and its place."""
FAULTS = (
    FaultKind(STRAY, UNITS, "the first return of a report is told of an order that was never refunded"),
    FaultKind(MOVED, DATES, "while it is on, Amazon dates some returns up to three days later, in the truth, too"),
)
DAY, HALF_A_DAY = 86_400, 43_200
FBA_COLUMNS = (
    "return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity", "fulfillment-center-id",
    "detailed-disposition", "reason", "status", "license-plate-number", "customer-comments",
)  # fmt: skip
MERCHANT_COLUMNS = (
    "Order ID", "Order date", "Return request date", "Return request status", "Amazon RMA ID", "Merchant RMA ID",
    "Label type", "Label cost", "Currency code", "Return carrier", "Tracking ID", "Label to be paid by",
    "A-to-Z Claim", "Is prime", "ASIN", "Merchant SKU", "Item Name", "Return quantity", "Return Reason", "In policy",
    "Return type", "Resolution", "Invoice number", "Return delivery date", "Order Amount", "Order quantity",
    "SafeT Action reason", "SafeT claim id", "SafeT claim state", "SafeT claim creation time",
    "SafeT claim reimbursement amount", "Refunded Amount", "Order Item ID",
)  # fmt: skip


def _units(world: World, report: Report, *, moved: bool = False) -> Iterator[ReturnedUnit]:
    """Yield the units in a report's window, from all stores: the report is for the account."""
    units = returned_units(world, report.created, moved=moved)
    return (unit for unit in units if report.start <= unit.at < report.end)


def _requests(world: World, report: Report) -> Iterator[ReturnRequest]:
    for request in return_requests(world, report.created):
        store = STORES[request.order.marketplace_id or ""]
        noon = store.midnight(request.day) + HALF_A_DAY
        if store.id in report.marketplace_ids and report.start <= noon < report.end:
            yield request


def _write_units(content: ReportInput) -> Iterator[str]:
    yield "\t".join(FBA_COLUMNS) + "\n"
    units = _units(content.world, content.report, moved=MOVED in content.faults)
    for number, unit in enumerate(units):
        stray = unit._replace(order_id=_unrefunded(content.world)) if STRAY in content.faults and not number else unit
        yield flat_line(_unit_cells(stray), FBA_COLUMNS, "\n")


def _unrefunded(world: World) -> str:
    """Return the first shipped order of which nothing is ever refunded."""
    for order in world.orders:
        shipped = STORES[order.marketplace_id].day_of(order.updated) if order.marketplace_id in STORES else 0
        items = [item for item in order.items if item.shipped]
        if order.is_sale and shipped and items and not any(refund_day(item, shipped) for item in items):
            return order.id
    return ""


def _write_requests(content: ReportInput) -> Iterator[str]:
    yield "\t".join(MERCHANT_COLUMNS) + "\r\n"
    for request in _requests(content.world, content.report):
        cells = {column: cell or " " for column, cell in _request_cells(request).items()}
        yield flat_line(dict.fromkeys(MERCHANT_COLUMNS, " ") | cells, MERCHANT_COLUMNS, "\r\n")


def _unit_cells(unit: ReturnedUnit) -> dict[str, str]:
    return {
        "return-date": offset(unit.at),
        "order-id": unit.order_id,
        "sku": unit.sku,
        "asin": unit.asin,
        "fnsku": unit.fn_sku,
        "product-name": unit.title,
        "quantity": "1",
        "fulfillment-center-id": unit.center,
        "detailed-disposition": unit.disposition,
        "reason": unit.reason,
        "status": unit.status,
        "license-plate-number": unit.plate,
        "customer-comments": unit.comment,
    }


def _request_cells(request: ReturnRequest) -> dict[str, str]:
    order, item = request.order, request.item
    is_refunded = request.refunded is not None
    return {
        "Order ID": order.id,
        "Order date": _written(STORES[order.marketplace_id or ""].day_of(order.created)),
        "Return request date": _written(request.day),
        "Return request status": "Completed" if is_refunded else "Approved",
        "Amazon RMA ID": request.rma,
        "Merchant RMA ID": "" if request.is_prepaid else f"M{item.id}",
        "Label type": "AmazonPrePaidLabel" if request.is_prepaid else "MerchantUnPaidLabel",
        "Label cost": "55.00" if request.is_prepaid else "",
        "Currency code": item.currency,
        "Return carrier": "ATS" if request.is_prepaid else "",
        "Tracking ID": f"TRK{item.id}" if request.is_prepaid else "",
        "Label to be paid by": "Seller" if request.is_prepaid else "Customer",
        "A-to-Z Claim": "Y" if request.has_claim else "N",
        "Is prime": "Y" if order.is_prime else "N",
        "ASIN": item.asin,
        "Merchant SKU": item.sku,
        "Item Name": item.title,
        "Return quantity": str(item.shipped),
        "Return Reason": request.reason,
        "In policy": "Y" if request.is_in_policy else "N",
        "Return type": "C-Returns",
        "Resolution": "StandardRefund" if is_refunded else "",
        "Return delivery date": _written(request.refunded) if request.refunded is not None else "",
        "Invoice number": f"INV-{order.id}" if is_refunded else "",
        "Order Amount": item.amount or "",
        "Order quantity": str(item.quantity),
        "Refunded Amount": (item.amount or "") if is_refunded else "",
        "Order Item ID": item.id,
        **(_claim_cells(request) if request.has_claim else {}),
    }


def _claim_cells(request: ReturnRequest) -> dict[str, str]:
    return {
        "SafeT Action reason": "Customer keeps the item",
        "SafeT claim id": f"SAFET{request.item.id}",
        "SafeT claim state": "Granted",
        "SafeT claim creation time": _written(request.day),
        "SafeT claim reimbursement amount": request.item.amount or "",
    }


def _written(day: int) -> str:
    return date.fromordinal(day).strftime("%d-%b-%Y")


REPORTS = (
    ReportKind(
        name="GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
        roles=("Amazon Fulfillment",),
        content_type="text/tab-separated-values",
        count=lambda world, report: sum(1 for _ in _units(world, report)),
        write=_write_units,
        minimum_seconds=4 * 3600,
        longest_seconds=30 * DAY,
        fault_places=(DATES, UNITS),
    ),
    ReportKind(
        name="GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
        roles=("Inventory and Order Tracking",),
        content_type="text/tab-separated-values",
        count=lambda world, report: sum(1 for _ in _requests(world, report)),
        write=_write_requests,
        minimum_seconds=None,
        longest_seconds=60 * DAY,
    ),
)
