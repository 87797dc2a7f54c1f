"""Rows of a seller's money, written by hand."""

from datetime import UTC, datetime

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline_tests.assets.by_hand import write_row


class Books:
    """Rows of a seller, written by hand."""

    def __init__(self, pool, seller):
        self.pool, self.seller = pool, seller

    def write(self, table, **values):
        with tenant(self.pool, self.seller.id) as connection:
            write_row(connection, self.seller, table, **values)

    def posted(self, number, amount, day, item=-1, **values):
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        facts = {
            "transaction_id": number, "item_index": item, "has_amazon_id": True, "transaction_type": "Shipment",
            "transaction_status": "RELEASED", "posted_at": moment, "posted_date": day, "total_amount": amount,
            "currency": "INR", "is_balanced": True, "is_counted": True, "is_cash": True,
        }  # fmt: skip
        self.write("financial_events", **{**facts, **values})

    def settled(self, number, first, last, total, **values):
        start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
        facts = {
            "settlement_id": number, "settlement_date": last, "started_at": start, "ended_at": end,
            "total_amount": total, "rows_amount": total, "difference_amount": 0, "is_balanced": True, "row_count": 1,
            "rejected_count": 0, "currency": "INR", "report_id": "R", "report_document_id": "D",
        }  # fmt: skip
        self.write("settlements", **{**facts, **values})

    def lost(self, sku, day, **moved):
        names = ("receipts", "customer_shipments", "found", "lost", "damaged")
        moves = {f"{name}_quantity": moved.get(name, 0) for name in names}
        self.write(
            "inventory_ledger", business_date=day, location="IN", store="(no store)", sku=sku, fn_sku=f"X-{sku}",
            disposition="SELLABLE", opening_quantity=10, closing_quantity=10, **moves,
        )  # fmt: skip

    def ordered(self, number, price, day, **values):
        """An order of one line; `price` None: not known yet."""
        moment = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        shared = {"order_id": number, "purchase_date": moment, "order_date": day, "last_updated_at": moment}
        status = values.pop("status", "SHIPPED")
        shipped = 1 if status == "SHIPPED" else 0
        line = {
            "order_item_id": f"{number}-1", "sku": "A", "title": "A book", "quantity_ordered": 1,
            "quantity_fulfilled": shipped, "item_subtotal": price, "currency": None if price is None else "INR",
            "is_cancelled": status == "CANCELLED", **shared,
        }  # fmt: skip
        channel = values.pop("sales_channel", "AMAZON")
        self.write(
            "orders", fulfillment_status=status, sales_channel=channel, item_count=1, units_ordered=1, currency="INR",
            **{**shared, "last_updated_at": values.get("last_updated_at", moment)},
        )  # fmt: skip
        self.write("order_items", **{**line, **values})

    def amount(self, number, amount, day, group="ProductCharges", leaf=0, **values):
        """One amount of a transaction."""
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        facts = {
            "transaction_id": number, "item_index": 0, "leaf_number": leaf, "amount_tree": "ITEMS", "path": group,
            "amount_group": group, "amount_name": group, "is_tax": False, "amount": amount, "currency": "INR",
            "transaction_type": "Shipment", "posted_at": moment, "posted_date": day, "is_counted": True, "is_cash": True,
        }  # fmt: skip
        self.write("financial_event_amounts", **{**facts, **values})

    def ask(self, statement):
        with tenant(self.pool, self.seller.id) as connection:
            return connection.execute(statement).fetchall()
