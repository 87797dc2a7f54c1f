"""customer_metrics, from order lines, refunds, returns, the days that are loaded, and Amazon's repeat purchases."""

from collections import defaultdict
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from xpert_pipeline_tests.assets.recomputed.raw import (
    loaded_spans,
    midnight,
    ratio,
    refunds,
    returns,
    rounded,
    sold_lines,
)


def customer_metrics(raw):
    """Groups of fewer than 10 orders tell nothing, neither themselves nor by subtraction."""
    elsewhere = {order["order_id"] for order in raw["orders"] if order["sales_channel"] != "AMAZON"}
    found = {"refund": refunds(raw), "return": returns(raw)}
    events = {name: [act for act in acts if act["order_id"] not in elsewhere] for name, acts in found.items()}
    periods = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for line in sold_lines(raw):
        day = line["order_date"]
        for kind, start in (("WEEK", day - timedelta(days=day.isoweekday() % 7)), ("MONTH", day.replace(day=1))):
            scopes = periods[line["marketplace_id"], kind, start]
            for scope in ("ACCOUNT", line["asin"]):
                scopes[scope][line["order_id"]].append(line)
    return [row for period, scopes in periods.items() for row in _rows(raw, events, period, scopes)]


def _rows(raw, events, period, scopes):
    store, kind, start = period
    end, groups = _end(kind, start), list(_groups(scopes))
    days, shown = _loaded(raw, store, start, end), {row["scope"] for row in groups if not row["is_suppressed"]}
    loaded = {f"{name}_days": len(found) for name, found in days.items()}
    repeats = {
        told["asin"]: told
        for told in raw["repeat_purchases"]
        if (told["marketplace_id"], "WEEK", told["period_start"]) == period
    }
    acts = {name: _by_scope(events[name], store, days[name]) for name in events}
    for row in groups:
        yield {
            "marketplace_id": store,
            "period_type": kind,
            "period_start": start,
            "period_end": end,
            **loaded,
            **row,
            **_happened(row, acts, loaded, shown),
            **_customers(kind, row, repeats.get(row["scope"])),
        }


def _end(kind, start):
    after = start + timedelta(days=7) if kind == "WEEK" else (start + timedelta(days=31)).replace(day=1)
    return after - timedelta(days=1)


def _loaded(raw, store, start, end):
    """The days whose orders are loaded, and of them, those whose refunds are, and those whose returns are."""
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    known = {
        table: {
            day
            for first, last in loaded_spans(raw, store, table)
            for day in days
            if first <= midnight(day) and midnight(day + timedelta(days=1)) <= last
        }
        for table in ("orders", "financial_events", "fba_returns", "merchant_returns")
    }
    return {
        "loaded": known["orders"],
        "refund": known["orders"] & known["financial_events"],
        "return": known["orders"] & known["fba_returns"] & known["merchant_returns"],
    }


def _by_scope(events, store, days):
    """Orders and quantities of the events of some days, by scope; one unknown quantity makes the sum unknown."""
    found = defaultdict(lambda: (set(), []))
    for event in events:
        if event["marketplace_id"] == store and event["day"] in days:
            for scope in ("ACCOUNT", event["asin"]):
                orders, quantities = found[scope]
                orders.add(event["order_id"] or event["key"])
                quantities.append(event["quantity"])
    return {
        scope: (orders, None if None in quantities else sum(quantities))
        for scope, (orders, quantities) in found.items()
    }


def _happened(row, acts, loaded, shown):
    """Refunds and returns of a scope, if all of them are loaded and they tell nothing of fewer than 10 orders."""
    found, scope = {}, row["scope"]
    for name, done in (("refund", "refunded"), ("return", "returned")):
        days = loaded[f"{name}_days"]
        if row["is_suppressed"]:
            state = "SUPPRESSED"
        elif not days or days < loaded["loaded_days"]:
            state = "NOT_LOADED"
        elif scope in acts[name] and scope not in _tellable(acts[name], shown):
            state = "FEW"
        else:
            state = "KNOWN"
        nothing = (None, None) if None in acts[name] and scope != "ACCOUNT" else ((), 0)
        orders, units = acts[name].get(scope, nothing) if state == "KNOWN" else (None, None)
        found |= {
            f"{name}_state": state,
            f"{done}_orders": None if orders is None else len(orders),
            f"units_{done}": units,
            f"{name}_pct": None if units is None else ratio(100 * units, row["units"]),
        }
    return found


def _customers(kind, row, told):
    """What Amazon tells of the customers of an ASIN in a week."""
    state = "KNOWN" if told else "NOT_REPORTED"
    if told and (told["unique_customers"] is None or told["unique_customers"] < 10):
        state = "FEW"
    if kind == "MONTH" or row["scope"] == "ACCOUNT":
        state = "OTHER_GRAIN"
    if row["is_suppressed"]:
        state = "SUPPRESSED"
    names = ("unique_customers", "repeat_customer_pct", "repeat_revenue")
    found = {name: told[name] if state == "KNOWN" else None for name in names}
    if state == "KNOWN" and (row["currency"] is None or row["currency"] != told["currency"]):
        found["repeat_revenue"] = None
    if state == "KNOWN" and _tells_few(told["unique_customers"], told["repeat_customer_pct"]):
        found |= {"repeat_customer_pct": None, "repeat_revenue": None}
    return {"repeat_state": state, **found}


def _tells_few(customers, percent):
    """Whether it is told of 1 to 9 customers that they came back, or that they did not."""
    if percent is None:
        return True
    repeating = int((customers * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
    return 0 < repeating < 10 or 0 < customers - repeating < 10


def _tellable(acts, shown):
    """The scopes with 10 orders or more, without the smallest if what is not told can be found by subtraction."""
    large = {scope for scope, (orders, _) in acts.items() if len(orders) >= 10 and scope in shown}
    asins = sorted((len(acts[scope][0]), scope) for scope in large if scope != "ACCOUNT")
    rest = {
        order for scope, (orders, _) in acts.items() if scope not in large and scope != "ACCOUNT" for order in orders
    }
    return large - {asins[0][1]} if asins and 0 < len(rest) < 10 else large


def _groups(scopes):
    """The row of each ASIN and of the account. An order of several ASINs that are hidden counts once among them."""
    asins = {scope: orders for scope, orders in scopes.items() if scope != "ACCOUNT"}
    hidden = {scope for scope, orders in scopes.items() if len(orders) < 10}
    large = sorted((len(asins[scope]), scope) for scope in asins.keys() - hidden - {None})
    rest = {order for scope, orders in asins.items() if scope is None or scope in hidden for order in orders}
    if 0 < len(rest) < 10 and large:
        hidden.add(large[0][1])
    for scope, orders in scopes.items():
        if scope is not None:
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
