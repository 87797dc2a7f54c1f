"""sales_data and sales_performance, from orders, transactions, returns, economics and traffic."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from xpert_pipeline_tests.assets.recomputed.raw import added, grouped, ratio, refunds, returns, rounded, sold_lines

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

        unpriced = sum(line["quantity_ordered"] for line in kept if line["item_subtotal"] is None)
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
                "units_without_price": unpriced,
                "ops": ops,
                "ops_b2b": rounded(added(line["item_subtotal"] for line in shown["b2b"])),
                "currency": next(iter(currencies)) if len(currencies) == 1 else None,
                "asp": ratio(ops, units - unpriced),
                "discount_total": rounded(added(line["discount_total"] for line in shown["all"])),
                "tax_total": rounded(added(line["tax_total"] for line in shown["all"])),
                "units_shipped": added(line["quantity_fulfilled"] for line in kept),
                "units_cancelled": sum(line["quantity_ordered"] for line in lines if line["is_off"]),
                "is_final": day <= newest[store] - FORTNIGHT,
            }
        )
    return rows


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
    prices = refunded_prices(raw)
    refunded = grouped(refunds(raw), "marketplace_id", "day", "sku")
    back = grouped(returns(raw), "marketplace_id", "day", "sku")
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
        of_events = [event["asin"] for event in (*refunded.get(key, ()), *back.get(key, ()))]
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
        "units_returned": added(event["quantity"] for event in back) if back else None,
        "units_without_price": sale["units_without_price"] if sale else 0 if has_orders else None,
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
