"""A real seller's order lines as raw rows, without the sandbox, and the transactions, economics and traffic of them.

The lines are those of the export. What the export does not have follows from them by fixed rules and hashes: a shipment
is posted up to three days later, with commission, GST on it, and TDS; one line in 25 is refunded a week later, half of
those of Amazon's warehouses come back; one shipment in ten has a second, released row that does not count; every tenth
SKU is advertised; every line has ten visits; two in three SKUs have a cost.
"""

import csv
import json
import lzma
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from zlib import crc32

from xpert_pipeline.postgres.product_costs import Cost, import_costs

ORDERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "amazon-in-orders-2022-04-05.csv.xz"
INDIA = "A21TJRUUN4KGV"
CENT = Decimal("0.01")


def drawn(*parts):
    return crc32("|".join(map(str, parts)).encode())


def lines_of(first: date, last: date):
    """The lines of some days."""
    with lzma.open(ORDERS, "rt", encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            day = datetime.strptime(line["Date"], "%m-%d-%y").replace(tzinfo=UTC).date()
            if first <= day <= last:
                yield day, line


class RealWorld:
    """Writes the raw rows of some days of the export for one seller."""

    def __init__(self, admin, pool, seller):
        self.admin, self.pool, self.seller = admin, pool, seller
        self.rows = defaultdict(list)
        self.common = {"seller_id": seller.id, "marketplace_id": INDIA, "source": "t", "load_id": uuid4()}
        self.visits, self.prices = Counter(), {}

    def write(self, first: date, last: date):
        orders = {}
        for number, (day, line) in enumerate(lines_of(first, last)):
            self._line(orders, number, day, line)
        self.rows["orders"] = list(orders.values())
        self._economics(first, last)
        for (day, asin), views in self.visits.items():
            traffic = {
                "business_date": day,
                "asin": asin,
                "sessions": views,
                "page_views": 2 * views,
                "buy_box_pct": 50,
            }
            self.rows["traffic_daily"].append(traffic)
        self._store(first, last)

    def _line(self, orders, number, day, line):
        is_off, units = line["Status"] == "Cancelled", int(line["Qty"])
        amount = Decimal(line["Amount"]) if line["Amount"] else None
        at = datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC) + timedelta(seconds=number % 3600)
        head = {"order_id": line["Order ID"], "purchase_date": at, "order_date": day, "last_updated_at": at}
        order = orders.setdefault(
            line["Order ID"],
            head
            | {
                "fulfillment_status": "CANCELLED" if is_off else "SHIPPED",
                "sales_channel": "AMAZON" if line["Sales Channel"] == "Amazon.in" else "NON_AMAZON",
                "is_business": line["B2B"] == "True",
                "item_count": 1,
                "units_ordered": units,
            },
        )
        if not is_off:
            order["fulfillment_status"] = "SHIPPED"
        self.rows["order_items"].append(
            head
            | {
                "order_item_id": str(number),
                "asin": line["ASIN"],
                "sku": line["SKU"],
                "quantity_ordered": units,
                "quantity_fulfilled": 0 if is_off else units,
                "item_subtotal": amount,
                "currency": line["currency"] or None,
                "is_cancelled": is_off,
            }
        )
        self.visits[day, line["ASIN"]] += 10
        if amount and not is_off and units and line["Sales Channel"] == "Amazon.in":
            self.prices[line["SKU"]] = (amount / units).quantize(CENT)
            self._sold(number, day, line, units, amount)

    def _sold(self, number, day, line, units, amount):
        hashed = drawn(line["Order ID"], line["SKU"], number)
        fee = (amount * 15 / 100).quantize(CENT)
        parts = [
            ("ProductCharges", "OurPricePrincipal", False, amount),
            ("AmazonFees", "Commission", False, -fee),
            ("AmazonFees", "Commission", True, -(fee * 18 / 100).quantize(CENT)),
            ("ItemTDS", "ItemTDS", False, -(amount / 1000).quantize(CENT)),
        ]
        shipped = day + timedelta(days=hashed % 4)
        self._posted(f"s{number}", "Shipment", shipped, line, units, parts)
        if hashed % 10 == 0:
            self._posted(f"r{number}", "Shipment", shipped + timedelta(days=12), line, units, parts, is_counted=False)
        if hashed % 25 == 0:
            back = [(*part[:3], -part[3]) for part in parts]
            refunded = shipped + timedelta(days=7)
            self._posted(f"b{number}", "Refund", refunded, line, units, back)
            if hashed % 2 and line["Fulfilment"] == "Amazon":
                arrived = datetime(refunded.year, refunded.month, refunded.day, 9, tzinfo=UTC)
                self.rows["fba_returns"].append(
                    {
                        "return_key": f"k{number}", "return_date": refunded, "returned_at": arrived, "sku": line["SKU"],
                        "order_id": line["Order ID"], "asin": line["ASIN"], "quantity": units,
                    }
                )  # fmt: skip

    def _posted(self, name, kind, day, line, units, parts, *, is_counted=True):
        head = {
            "transaction_id": name, "transaction_type": kind, "posted_date": day, "order_id": line["Order ID"],
            "posted_at": datetime(day.year, day.month, day.day, 8, tzinfo=UTC), "is_counted": is_counted,
            "is_cash": is_counted, "currency": "INR",
        }  # fmt: skip
        total = sum(part[3] for part in parts)
        product = {"sku": line["SKU"], "asin": line["ASIN"]}
        event = head | {"has_amazon_id": True, "is_balanced": True, "total_amount": total}
        nothing = dict.fromkeys((*product, "quantity"))
        self.rows["financial_events"].append(event | nothing | {"item_index": -1})
        self.rows["financial_events"].append(event | product | {"item_index": 0, "quantity": units})
        for place, (group, word, is_tax, amount) in enumerate(parts):
            self.rows["financial_event_amounts"].append(
                head
                | product
                | {
                    "item_index": 0, "leaf_number": place, "amount_tree": "ITEMS", "path": f"{group}/{word}",
                    "amount_group": group, "amount_name": word, "is_tax": is_tax, "amount": amount,
                }
            )  # fmt: skip

    def _economics(self, first, last):
        ads = [sku for sku in self.prices if drawn(sku) % 10 == 0]
        sold = defaultdict(lambda: [0, Decimal(0)])
        for item in self.rows["order_items"]:
            if not item["is_cancelled"] and item["item_subtotal"]:
                cell = sold[item["order_date"], item["sku"]]
                cell[0] += item["quantity_ordered"]
                cell[1] += item["item_subtotal"]
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        for day, sku in sold.keys() | {(day, sku) for day in days for sku in ads}:
            units, sales = sold.get((day, sku), (0, Decimal(0)))
            charge = {
                "type": "SponsoredProductFee",
                "amount": "2.50",
                "promotion": "0.00",
                "tax": "0.45",
                "total": "2.95",
            }
            self.rows["economics_daily"].append(
                {
                    "business_date": day, "sku": sku, "currency": "INR", "units_ordered": units, "ops": sales,
                    "units_refunded": 0, "ads": json.dumps([charge] if drawn(sku) % 10 == 0 else []),
                }
            )  # fmt: skip

    def _store(self, first, last):
        for table, rows in self.rows.items():
            names = [*self.common, *rows[0]]
            with self.admin.cursor().copy(f"copy {table} ({', '.join(names)}) from stdin") as copy:
                for row in rows:
                    copy.write_row([*self.common.values(), *(row[name] for name in rows[0])])
        begin, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last + timedelta(days=1)))
        local = timedelta(hours=5, minutes=30)
        for table in ("orders", "financial_events", "fba_returns", "merchant_returns"):
            self.admin.execute(
                "insert into loads (seller_id, marketplace_id, source, load_id, table_name, window_kind, window_start,"
                " window_end, run_id, started_at, fetched, inserted, updated, unchanged, deleted, rejected)"
                " values (%s, %s, 't', %s, %s, 'created', %s, %s, 'r', now(), 0, 0, 0, 0, 0, 0)",
                [self.seller.id, INDIA, uuid4(), table, begin - local, end - local],
            )
        costs = [
            Cost(sku, None, first, None, price * 4 / 10, "INR", "price", "costs.csv", place)
            for place, (sku, price) in enumerate(self.prices.items(), start=2)
            if drawn(sku) % 3
        ]
        import_costs(self.pool, self.seller.id, costs)
        self.admin.execute("analyze")
