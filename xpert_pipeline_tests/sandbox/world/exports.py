"""Order exports for the tests: lines that differ from an ordinary one where a test says so."""

import csv

from xpert_pipeline.sandbox.world.orders_csv import COLUMNS

HEADER = list(COLUMNS.values())
LINE = {
    "Order ID": "405-0000001-0000001",
    "Date": "04-30-22",
    "Status": "Shipped",
    "Fulfilment": "Amazon",
    "Sales Channel": "Amazon.in",
    "ship-service-level": "Expedited",
    "Style": "JNE3371",
    "SKU": "JNE3371-KR-XL",
    "Category": "kurta",
    "Size": "XL",
    "ASIN": "B07WV4JV4D",
    "Courier Status": "Shipped",
    "Qty": "1",
    "currency": "INR",
    "Amount": "329.0",
    "ship-city": "NAVI MUMBAI",
    "ship-state": "MAHARASHTRA",
    "ship-postal-code": "410210.0",
    "ship-country": "IN",
    "promotion-ids": "",
    "B2B": "False",
    "fulfilled-by": "",
}


def write_export(path, changes, *, header=HEADER, opener=open):
    """Write one line for each dict of changes to an ordinary line."""
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore")
        writer.writeheader()
        writer.writerows([LINE | change for change in changes])
    return path
