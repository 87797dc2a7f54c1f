"""profit_margins, from transactions, their amounts, economics and costs."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from xpert_pipeline_tests.assets.recomputed.raw import rounded

ACCOUNT = "(account)"
INCOME = ("product_sales", "shipping_sales", "reimbursements", "other_amount", "unexplained_amount", "sales_tax")
FEES = ("referral_fees", "fulfillment_fees", "closing_fees", "storage_fees", "other_fees")
COSTS = (*FEES, "promotions", "refunded_sales", "ads_paid", "ads_paid_tax", "fee_tax", "tcs_amount", "tds_amount")
BALANCES = {"ReserveCredit", "ReserveDebit", "FailedDisbursement", "FundTransfer", "DebtPayment"}


def column_of(leaf):
    """The column that an amount belongs to: that of the first rule that fits."""
    kind, group, name = leaf["transaction_type"].lower(), leaf["amount_group"].lower(), leaf["amount_name"].lower()
    is_tax, is_back = leaf["is_tax"], any(word in kind for word in ("refund", "claim", "chargeback"))
    passed = ("marketplacefacilitatortax", "lowvaluegoodstax")
    rules = (
        (kind in ("transfer", "debtrecovery", "adhocdisbursement"), "transfer_amount"),
        (leaf["amount_name"] in BALANCES, "transfer_amount"),
        (group.startswith(("tcs", "itemtcs")) or name.startswith(("tcs", "itemtcs")), "tcs_amount"),
        (group.startswith(("tds", "itemtds")) or name.startswith(("tds", "itemtds")), "tds_amount"),
        (kind == "productadspayment", "ads_paid_tax" if is_tax else "ads_paid"),
        (group in ("amazonfees", "digitalservicesfee"), "fee_tax" if is_tax else fee_of(name)),
        (kind == "servicefee", "fee_tax" if is_tax else fee_of(name)),
        (is_tax or kind == "retrocharge" or group == "tax", "sales_tax"),
        (group.startswith(passed) or name.startswith(passed), "sales_tax"),
        ("reimburse" in name or "reimbursement" in kind, "reimbursements"),
        (kind == "removalshipment", "other_amount"),
        (group == "productcharges", "refunded_sales" if is_back else "product_sales"),
        (group in ("shipping", "giftwrap", "cashondelivery"), "shipping_sales"),
        (group == "promotion", "promotions"),
    )
    return next((column for fits, column in rules if fits), "other_amount")


def fee_of(name):
    if name.startswith(("commission", "referral")):
        return "referral_fees"
    if "closingfee" in name:
        return "closing_fees"
    if "storage" in name:
        return "storage_fees"
    shipping = ("fulfil", "pickandpack", "pick & pack", "weighthandling", "weight handling", "shippinghb", "easyship")
    return "fulfillment_fees" if any(word in name for word in shipping) else "other_fees"


class Cell:
    """Sums of a SKU, day and currency."""

    def __init__(self):
        self.sums, self.total, self.asins = defaultdict(Decimal), Decimal(0), {0: [], 1: [], 2: []}
        self.sold, self.refunded, self.is_unknown = 0, 0, False
        self.spend, self.tax, self.ads = Decimal(0), Decimal(0), []

    def add(self, column, amount):
        self.sums[column] += -amount if column in COSTS else amount
        self.total += amount


def profit_margins(raw, *, is_tax_credit=True):
    cells = defaultdict(Cell)
    add_amounts(raw, cells)
    add_units(raw, cells)
    add_advertising(raw, cells)
    newest = {}
    for event in raw["financial_events"]:
        store = event["marketplace_id"]
        newest[store] = max(newest.get(store, event["posted_date"]), event["posted_date"])
    told = {(row["marketplace_id"], row["business_date"]) for row in raw["economics_daily"]}
    costs = defaultdict(list)
    for cost in raw["product_costs"]:
        costs[cost["sku"]].append(cost)
    return [
        {
            "marketplace_id": store,
            "business_date": day,
            "sku": sku,
            "currency": currency,
            "is_tax_credit": is_tax_credit,
        }
        | row_of(cell, sku, currency, cost_of(costs[sku], store, day), (store, day) in told, is_tax_credit)
        | {"is_final": day <= newest[store] - timedelta(days=45)}
        for (store, day, sku, currency), cell in cells.items()
    ]


def add_amounts(raw, cells):
    by_transaction = defaultdict(Decimal)
    for leaf in raw["financial_event_amounts"]:
        currency = leaf["currency"] or "XXX"
        by_transaction[leaf["marketplace_id"], leaf["transaction_id"], currency] += leaf["amount"]
        if leaf["is_counted"]:
            is_ad = leaf["transaction_type"].lower() == "productadspayment"
            sku = ACCOUNT if is_ad else leaf["sku"] or ACCOUNT
            cell = cells[leaf["marketplace_id"], leaf["posted_date"], sku, currency]
            cell.add(column_of(leaf), leaf["amount"])
            if leaf["sku"] and leaf["asin"] and not is_ad:
                cell.asins[0].append(leaf["asin"])
    for event in raw["financial_events"]:
        currency = event["currency"] or "XXX"
        is_loose = event["item_index"] == -1 and event["is_counted"] and not event["is_balanced"]
        if is_loose and event["total_amount"] is not None:
            told = by_transaction[event["marketplace_id"], event["transaction_id"], currency]
            if event["total_amount"] != told:
                cell = cells[event["marketplace_id"], event["posted_date"], ACCOUNT, currency]
                cell.add("unexplained_amount", event["total_amount"] - told)


def add_units(raw, cells):
    for event in raw["financial_events"]:
        kind = event["transaction_type"].lower()
        if event["item_index"] >= 0 and event["is_counted"] and kind in ("shipment", "refund"):
            sku = event["sku"] or ACCOUNT
            cell = cells[event["marketplace_id"], event["posted_date"], sku, event["currency"] or "XXX"]
            if event["sku"] and event["asin"]:
                cell.asins[1].append(event["asin"])
            if kind == "refund":
                cell.refunded += event["quantity"] or 0
            else:
                cell.sold += event["quantity"] or 0
                cell.is_unknown = cell.is_unknown or event["quantity"] is None


def add_advertising(raw, cells):
    """Economics tell each SKU's advertising; the account's row has what its payments contain beyond that."""
    posted = {(event["marketplace_id"], event["posted_date"]) for event in raw["financial_events"]}
    for row in raw["economics_daily"]:
        place = (row["marketplace_id"], row["business_date"])
        kinds = defaultdict(list)
        for charge in row["ads"] or ():
            kinds[charge["type"]].append(charge)
        if place not in posted or not kinds:
            continue
        currency = row["currency"] or "XXX"
        cell = cells[(*place, row["sku"], currency)]
        cell.asins[2] += [row["asin"]] if row["asin"] else []
        is_known, spend, taxes = True, Decimal(0), []
        for charges in kinds.values():
            whole, net, tax = (total_of(charges, part) for part in (whole_of, net_of, tax_of))
            is_known = is_known and whole is not None
            spend += net if net is not None else whole if whole is not None else 0
            taxes.append(tax if net is not None else None)
        tax = None if None in taxes else sum(taxes)
        cell.ads.append((is_known, spend, tax))
        if is_known:
            account = cells[(*place, ACCOUNT, currency)]
            account.spend -= spend
            account.tax -= tax or 0


def number(value):
    return None if value is None else Decimal(str(value))


def whole_of(charge):
    return number(charge["total"])


def net_of(charge):
    amount, promotion = number(charge["amount"]), number(charge["promotion"])
    return None if amount is None or promotion is None else amount - promotion


def tax_of(charge):
    return number(charge["tax"])


def total_of(charges, part):
    values = [part(charge) for charge in charges]
    return None if None in values else sum(values)


def cost_of(costs, store, day):
    """The cost for the marketplace, or else that for all, on the day; of several the last that began."""
    for marketplace_id in (store, None):
        valid = [cost for cost in costs if cost["marketplace_id"] == marketplace_id and cost["valid_from"] <= day]
        if valid:
            last = max(valid, key=lambda cost: cost["valid_from"])
            if last["stated_to"] is None or day <= last["stated_to"]:
                return last
    return None


def row_of(cell, sku, currency, cost, has_economics, is_tax_credit):
    is_account = sku == ACCOUNT
    sums = {name: cell.sums[name] for name in (*INCOME, *COSTS, "transfer_amount")}
    fees = sum(sums[name] for name in FEES)
    if is_account:
        state, spend, tax = "ACCOUNT", cell.spend + sums["ads_paid"], cell.tax + sums["ads_paid_tax"]
    elif cell.ads and not all(known for known, _, _ in cell.ads):
        state, spend, tax = "UNKNOWN", None, None
    elif not has_economics:
        state, spend, tax = "NOT_LOADED", None, None
    else:
        taxes = [tax for _, _, tax in cell.ads]
        state, spend = "PARTIAL", sum((spend for _, spend, _ in cell.ads), Decimal(0))
        tax = None if None in taxes else sum(taxes, Decimal(0))
    margin = sum(sums[name] for name in INCOME if name != "sales_tax")
    margin -= sums["promotions"] + sums["refunded_sales"] + fees + (spend or 0)
    if not is_tax_credit:
        margin -= sums["fee_tax"] + (tax or 0)
    sold = None if cell.is_unknown else cell.sold
    net = None if sold is None else sold - cell.refunded
    basis, cogs, missing = goods(net, cost, currency)
    missing += {"UNKNOWN": ["an advertising charge"], "NOT_LOADED": ["advertising of the day"]}.get(state, [])
    asins = next((found for found in cell.asins.values() if found), [])
    return {
        **{name: rounded(amount) for name, amount in sums.items()},
        "asin": max(asins, default=None),
        "units_sold": sold,
        "units_refunded": cell.refunded,
        "net_units": net,
        "net_product_sales": rounded(sums["product_sales"] - sums["refunded_sales"]),
        "amazon_fees": rounded(fees),
        "ad_spend": rounded(spend),
        "ads_state": state,
        "ad_tax": rounded(tax),
        "margin_before_cogs": rounded(margin),
        "unit_cost": cost["unit_cost"] if cost else None,
        "cost_currency": cost["currency"] if cost else None,
        "cost_basis": basis,
        "cogs": rounded(cogs),
        "margin": None if cogs is None else rounded(margin - cogs),
        "missing": ", ".join(missing) or None,
        "transactions_amount": rounded(cell.total),
    }


def goods(net, cost, currency):
    """What the goods cost, why it is not known, and what is missing."""
    if net is None:
        return "UNITS_UNKNOWN", None, ["units sold"]
    if net == 0:
        return "NOT_NEEDED", Decimal(0), []
    if cost is None:
        return "MISSING", None, ["unit cost"]
    if cost["currency"] != currency:
        return "OTHER_CURRENCY", None, [f"unit cost in {currency}"]
    return "KNOWN", cost["unit_cost"] * net, []
