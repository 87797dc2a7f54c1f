"""sales_data, sales_performance and customer_metrics, from orders, transactions, returns, economics and traffic."""

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal

from xpert_pipeline_tests.assets.recomputed.raw import (
    added,
    grouped,
    loaded_spans,
    midnight,
    ratio,
    rounded,
    sold_lines,
)

FORTNIGHT = timedelta(days=14)


def newest_orders(raw):
    """The day of the newest order of each marketplace, whatever its channel."""
    found = {}
    for order in raw["orders"]:
        store = order["marketplace_id"]
        found[store] = max(found.get(store, order["order_date"]), order["order_date"])
    return found


def sales_data(raw):
    newest, rows = newest_orders(raw), []
    for (store, day, sku), lines in grouped(sold_lines(raw), "marketplace_id", "order_date", "sku").items():
        kept = [line for line in lines if not line["is_off"]]
        business = [line for line in kept if line["is_business"]]
        currencies = {line["currency"] for line in kept if line["currency"] is not None}
        named = [(line["purchase_date"], line["asin"]) for line in lines if line["asin"] is not None]
        units = sum(line["quantity_ordered"] for line in kept)

        shown = {"all": kept, "b2b": business} if len(currencies) <= 1 else {"all": [], "b2b": []}
        ops = rounded(added(line["item_subtotal"] for line in shown["all"]))
        rows.append(
            {
                "marketplace_id": store,
                "sale_date": day,
                "sku": sku,
                "asin": max(named)[1] if named else None,
                "orders": len({line["order_id"] for line in kept}),
                "order_items": len(kept),
                "units_ordered": units,
                "units_b2b": sum(line["quantity_ordered"] for line in business),
                "ops": ops,
                "ops_b2b": rounded(added(line["item_subtotal"] for line in shown["b2b"])),
                "currency": next(iter(currencies)) if len(currencies) == 1 else None,
                "asp": ratio(ops, units),
                "discount_total": rounded(added(line["discount_total"] for line in shown["all"])),
                "tax_total": rounded(added(line["tax_total"] for line in shown["all"])),
                "units_shipped": added(line["quantity_fulfilled"] for line in kept),
                "units_cancelled": sum(line["quantity_ordered"] for line in lines if line["is_off"]),
                "is_final": day <= newest[store] - FORTNIGHT,
            }
        )
    return rows


def refunds(raw):
    """Refunded items, or the transaction itself where it has none, by marketplace, day and SKU."""
    events = [e for e in raw["financial_events"] if e["is_counted"] and e["transaction_type"].lower() == "refund"]
    with_items = {(e["marketplace_id"], e["transaction_id"]) for e in raw["financial_events"] if e["item_index"] >= 0}
    kept = [
        event | {"sku": event["sku"] or "(no SKU)"}
        for event in events
        if event["item_index"] >= 0 or (event["marketplace_id"], event["transaction_id"]) not in with_items
    ]
    return grouped(kept, "marketplace_id", "posted_date", "sku")


def returned(raw):
    """Units that came back to Amazon or were asked for, with their ASIN, by marketplace, day and SKU."""
    latest = {}
    for order in sorted(raw["orders"], key=lambda order: order["marketplace_id"], reverse=True):
        known = latest.get(order["order_id"])
        if known is None or order["last_updated_at"] >= known["last_updated_at"]:
            latest[order["order_id"]] = order
    found = defaultdict(list)
    for unit in raw["fba_returns"]:
        order = latest.get(unit["order_id"])
        store = order["marketplace_id"] if order else unit["marketplace_id"]
        found[store, unit["return_date"], unit["sku"] or "(no SKU)"].append((unit["quantity"], unit["asin"]))
    for line in raw["merchant_returns"]:
        key = (line["marketplace_id"], line["return_date"], line["sku"] or "(no SKU)")
        found[key].append((line["quantity"], line["asin"]))
    return found


def refunded_prices(raw):
    """What was refunded of the prices of products, with its currency, by marketplace, day and SKU."""
    leaves = [
        leaf | {"sku": leaf["sku"] or "(no SKU)"}
        for leaf in raw["financial_event_amounts"]
        if leaf["is_counted"] and leaf["transaction_type"].lower() == "refund" and not leaf["is_tax"]
        and leaf["amount_group"] == "ProductCharges"
    ]  # fmt: skip
    return grouped(leaves, "marketplace_id", "posted_date", "sku")


def sales_performance(raw):
    sold = {(row["marketplace_id"], row["sale_date"], row["sku"]): row for row in sales_data(raw)}
    told = {(row["marketplace_id"], row["business_date"], row["sku"]): row for row in raw["economics_daily"]}
    seen = {(row["marketplace_id"], row["business_date"], row["asin"]): row for row in raw["traffic_daily"]}
    refunded, prices, back = refunds(raw), refunded_prices(raw), returned(raw)
    days = {
        "orders": {key[:2] for key in sold},
        "money": {(leaf["marketplace_id"], leaf["posted_date"]) for leaf in raw["financial_event_amounts"]},
        "economics": {key[:2] for key in told},
        "traffic": {key[:2] for key in seen},
    }
    events = {
        key
        for key, row in told.items()
        if (row["units_ordered"] or row["units_refunded"]) and key[:2] in days["orders"]
    }
    keys = sold.keys() | refunded.keys() | prices.keys() | back.keys() | events
    asins = {}
    for key in keys:
        of_events = [e["asin"] for e in refunded.get(key, [])] + [asin for _, asin in back.get(key, [])]
        named = (
            sold.get(key, {}).get("asin"),
            told.get(key, {}).get("asin"),
            max(filter(None, of_events), default=None),
        )
        asins[key] = next(filter(None, named), None)
    sharing = Counter((*key[:2], asin) for key, asin in asins.items())
    newest = newest_orders(raw)
    return [
        {
            "marketplace_id": key[0],
            "sale_date": key[1],
            "sku": key[2],
            "asin": asins[key],
            "is_final": key[0] in newest and key[1] <= newest[key[0]] - FORTNIGHT,
            **_figures(key, sold.get(key), refunded.get(key), prices.get(key), back.get(key), told.get(key), days),
            **_visits(key, asins[key], sharing, sold.get(key), told.get(key), seen, days),
        }
        for key in keys
    ]


def _figures(key, sale, refunded, prices, back, told, days):
    has_orders, has_money, has_economics = (key[:2] in days[name] for name in ("orders", "money", "economics"))
    units = sale["units_ordered"] if sale else 0 if has_orders else None
    units_refunded = added(event["quantity"] for event in refunded) if refunded else None
    if not refunded and has_money and not prices:
        units_refunded = 0
    currencies = {leaf["currency"] for leaf in prices or ()}
    own = sale["currency"] if sale else None
    known = sorted(filter(None, currencies))
    currency = own or (known[0] if known else None if prices else told["currency"] if told else None)
    amount = -sum(leaf["amount"] for leaf in prices) if prices else Decimal(0) if has_money else None
    if prices and currencies != {currency}:
        amount = None
    ops = sale["ops"] if sale else None
    is_unsold = sale is None or (sale["units_ordered"] == 0 and ops is None)
    sales = Decimal(0) if is_unsold and units is not None else ops
    is_told = told is not None and told["currency"] == currency and currency is not None
    amazon_units = told["units_ordered"] if told else None
    ops_variance = units_variance = None
    if told:
        units_variance = None if units is None or amazon_units is None else units - amazon_units
        ops_variance = sales - told["ops"] if is_told and sales is not None and told["ops"] is not None else None
    elif has_economics:
        units_variance, ops_variance = units, sales
    return {
        "orders": sale["orders"] if sale else 0 if has_orders else None,
        "units_ordered": units,
        "units_refunded": units_refunded,
        "net_units": None if units is None or units_refunded is None else units - units_refunded,
        "units_returned": added(quantity for quantity, _ in back) if back else None,
        "ops": ops,
        "refunded_sales": rounded(amount),
        "net_product_sales": None if sales is None or amount is None else rounded(sales - amount),
        "currency": currency,
        "amazon_units_ordered": amazon_units,
        "units_variance": units_variance,
        "amazon_ops": told["ops"] if is_told else None,
        "ops_variance": rounded(ops_variance),
        "amazon_units_refunded": told["units_refunded"] if told else None,
    }


def _visits(key, asin, sharing, sale, told, seen, days):
    visits = seen.get((*key[:2], asin))
    units = sale["units_ordered"] if sale else 0 if key[:2] in days["orders"] else None
    if asin is None:
        state = "NO_ASIN"
    elif key[:2] not in days["traffic"]:
        state = "NO_DAY"
    elif visits is None:
        state = "NO_RECORD"
    else:
        state = "SHARED_ASIN" if sharing[*key[:2], asin] > 1 else "OF_ASIN"
    shown = visits if state == "OF_ASIN" else {}
    sessions = shown.get("sessions")
    parents = [row["parent_asin"] for row in (told, visits) if row and row["parent_asin"]]
    return {
        "parent_asin": parents[0] if parents else None,
        "sessions": sessions,
        "page_views": shown.get("page_views"),
        "featured_offer_pct": shown.get("buy_box_pct"),
        "unit_session_pct": ratio(100 * units, sessions) if units is not None and units >= 0 and sessions else None,
        "traffic_state": state,
    }


def customer_metrics(raw):
    """Groups of fewer than 10 orders tell nothing, neither themselves nor by subtraction."""
    periods = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for line in sold_lines(raw):
        day = line["order_date"]
        for kind, start in (("WEEK", day - timedelta(days=day.isoweekday() % 7)), ("MONTH", day.replace(day=1))):
            scopes = periods[line["marketplace_id"], kind, start]
            for scope in ("ACCOUNT", line["asin"]):
                if scope is not None:
                    scopes[scope][line["order_id"]].append(line)
    return [
        {
            "marketplace_id": store,
            "period_type": kind,
            "period_start": start,
            "period_end": _end(kind, start),
            "loaded_days": _loaded_days(raw, store, start, _end(kind, start)),
            **row,
        }
        for (store, kind, start), scopes in periods.items()
        for row in _groups(scopes)
    ]


def _end(kind, start):
    after = start + timedelta(days=7) if kind == "WEEK" else (start + timedelta(days=31)).replace(day=1)
    return after - timedelta(days=1)


def _loaded_days(raw, store, start, end):
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    spans = loaded_spans(raw, store)
    return sum(
        any(first <= midnight(day) and midnight(day + timedelta(days=1)) <= last for first, last in spans)
        for day in days
    )


def _groups(scopes):
    small = sorted((len(orders), scope) for scope, orders in scopes.items() if scope != "ACCOUNT" and len(orders) < 10)
    large = sorted((len(orders), scope) for scope, orders in scopes.items() if scope != "ACCOUNT" and len(orders) >= 10)
    hidden = {scope for scope, orders in scopes.items() if len(orders) < 10}
    if small and sum(number for number, _ in small) < 10 and large:
        hidden.add(large[0][1])
    for scope, orders in scopes.items():
        figures = _group(list(orders.values()))
        yield {"scope": scope, "is_suppressed": scope in hidden} | (
            dict.fromkeys(figures) if scope in hidden else figures
        )


def _group(orders):
    kept = [[line for line in lines if not line["is_off"]] for lines in orders]
    kept = [lines for lines in kept if lines]
    business = [lines for lines in kept if lines[0]["is_business"]]
    units = sum(line["quantity_ordered"] for lines in kept for line in lines)
    business_units = sum(line["quantity_ordered"] for lines in business for line in lines)
    priced = [line for lines in kept for line in lines if line["item_subtotal"] is not None]
    currencies = {line["currency"] for line in priced}
    is_one = len(currencies) == 1
    whole = [lines for lines in kept if all(line["item_subtotal"] is not None for line in lines)]
    has_small_part = 1 <= len(business) <= 9 or 1 <= len(kept) - len(business) <= 9
    amounts = sum((line["item_subtotal"] for lines in whole for line in lines), Decimal(0))
    return {
        "orders": len(kept),
        "units": units,
        "ops": rounded(sum(line["item_subtotal"] for line in priced)) if is_one else None,
        "aov": ratio(amounts, len(whole)) if is_one else None,
        "units_per_order": ratio(units, len(kept)),
        "b2b_pct": None if has_small_part else ratio(100 * business_units, units),
        "cancel_pct": ratio(100 * (len(orders) - len(kept)), len(orders)),
        "currency": next(iter(currencies)) if is_one else None,
    }
