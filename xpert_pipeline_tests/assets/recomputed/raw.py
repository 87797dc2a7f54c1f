"""Raw tables as lists of rows, and how computed rows are compared with those of a table."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

ZONES = {"A21TJRUUN4KGV": ZoneInfo("Asia/Kolkata"), "A1PA6795UKMFR9": ZoneInfo("Europe/Berlin")}
RAW = (
    "orders", "order_items", "financial_events", "financial_event_amounts", "fba_returns", "merchant_returns",
    "economics_daily", "traffic_daily", "inventory_levels", "product_costs", "products",
    "repeat_purchases",
)  # fmt: skip
STANDARD = {"id", "seller_id", "source", "load_id", "created_at", "updated_at"}
FINEST = Decimal("0.0001")


def read(admin):
    """All raw tables, the spans that are loaded, and the database's clock."""
    with admin.cursor(row_factory=dict_row) as cursor:
        raw = {table: cursor.execute(f"select * from {table}").fetchall() for table in RAW}
        raw["spans"] = cursor.execute(
            "select table_name, marketplace_id, window_start, window_end from loads"
            " where window_kind in ('created', 'updated')"
        ).fetchall()
        raw["now"] = cursor.execute("select clock_timestamp() as now").fetchone()["now"]
    return raw


def stored(admin, table, key):
    """The rows of a table by key, without the columns that every table has."""
    with admin.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(f"select * from {table}").fetchall()
    return {
        tuple(row[name] for name in key): {name: value for name, value in row.items() if name not in STANDARD}
        for row in rows
    }


def compare(admin, table, key, computed):
    """Every key is on both sides, and every column of every row is equal."""
    rows, theirs = stored(admin, table, key), {tuple(row[name] for name in key): row for row in computed}
    assert len(theirs) == len(computed), f"{table}: a computed key occurs twice"
    assert rows.keys() == theirs.keys(), f"{table}: {sorted(map(str, rows.keys() ^ theirs.keys()))[:5]}"
    assert rows, f"{table} is empty"
    wrong = []
    for each, row in rows.items():
        assert row.keys() == theirs[each].keys(), f"{table}: {row.keys() ^ theirs[each].keys()}"
        wrong += [
            f"{table} {each}: {name} is {value!r}, should be {theirs[each][name]!r}"
            for name, value in row.items()
            if value != theirs[each][name] and not is_rounding(table, name, value, theirs[each][name])
        ]
    assert wrong == [], "\n".join(wrong[:10])
    return rows


def is_rounding(table, name, value, other):
    """Whether a measure of a backtest differs in its last digit only: floats that are added in another order may."""
    is_measure = table == "forecasting_data" and name in ("wape_pct", "mase", "bias_pct", "coverage_pct")
    return is_measure and None not in (value, other) and abs(value - other) <= FINEST


def rounded(value):
    """A number to four decimals, as the tables hold it."""
    return None if value is None else Decimal(value).quantize(FINEST, ROUND_HALF_UP)


def ratio(part, whole):
    """A quotient; None if a side is unknown or the whole is 0."""
    return None if part is None or not whole else rounded(Decimal(part) / Decimal(whole))


def added(values):
    """The sum of the known values; None if none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def grouped(rows, *names):
    """Rows by the values of some columns."""
    found = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return found


def sold_lines(raw):
    """Order lines of Amazon's own orders, each with what its order says and whether it is cancelled."""
    orders = {(order["marketplace_id"], order["order_id"]): order for order in raw["orders"]}
    for item in raw["order_items"]:
        order = orders.get((item["marketplace_id"], item["order_id"]))
        if order is not None and order["sales_channel"] == "AMAZON":
            yield item | {
                "sku": item["sku"] or "(no SKU)",
                "is_business": bool(order["is_business"]),
                "is_off": item["is_cancelled"] or order["fulfillment_status"] == "CANCELLED",
            }


def refunds(raw):
    """Refunded items, or the transaction itself where it has none."""
    events = [e for e in raw["financial_events"] if e["is_counted"] and e["transaction_type"].lower() == "refund"]
    with_items = {(e["marketplace_id"], e["transaction_id"]) for e in raw["financial_events"] if e["item_index"] >= 0}
    return [
        {
            "marketplace_id": event["marketplace_id"],
            "day": event["posted_date"],
            "sku": event["sku"] or "(no SKU)",
            "asin": event["asin"],
            "quantity": event["quantity"],
            "order_id": event["order_id"],
            "key": ("refund", event["transaction_id"], event["item_index"]),
        }
        for event in events
        if event["item_index"] >= 0 or (event["marketplace_id"], event["transaction_id"]) not in with_items
    ]


def returns(raw):
    """Units that came back to Amazon, in the marketplace of their order, and lines that customers asked to return."""
    latest = {}
    for order in sorted(raw["orders"], key=lambda order: order["marketplace_id"], reverse=True):
        known = latest.get(order["order_id"])
        if known is None or order["last_updated_at"] >= known["last_updated_at"]:
            latest[order["order_id"]] = order
    rows = [
        (unit | {"marketplace_id": latest.get(unit["order_id"], unit)["marketplace_id"]}, "fba")
        for unit in raw["fba_returns"]
    ]
    return [
        {
            "marketplace_id": row["marketplace_id"],
            "day": row["return_date"],
            "sku": row["sku"] or "(no SKU)",
            "asin": row["asin"],
            "quantity": row["quantity"],
            "order_id": row["order_id"],
            "key": (kind, row["return_key"]),
        }
        for row, kind in [*rows, *((line, "merchant") for line in raw["merchant_returns"])]
    ]


def loaded_spans(raw, marketplace_id, table="orders"):
    """The spans of a table that are loaded, in local time, as first and last moment; a load counts for 10 minutes more."""
    zone = ZONES[marketplace_id]
    windows = sorted(
        (row["window_start"], row["window_end"] + timedelta(minutes=10))
        for row in raw["spans"]
        if (row["table_name"], row["marketplace_id"]) == (table, marketplace_id)
    )
    merged = []
    for start, end in windows:
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return [tuple(moment.astimezone(zone).replace(tzinfo=None) for moment in span) for span in merged]


def midnight(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time())
