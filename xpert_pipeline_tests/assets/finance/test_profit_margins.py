"""Margins: hand-computed rows, odd transactions and costs, and which days a changed cost computes again."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from xpert_pipeline.assets.finance.advertising_spend import SOURCE as ADVERTISING
from xpert_pipeline.assets.finance.profit_margins import SOURCE as MARGINS
from xpert_pipeline.assets.reconciliations.money import MARGINS_ARE_TRANSACTIONS
from xpert_pipeline.postgres.product_costs import Cost, import_costs, remove_costs
from xpert_pipeline.sources.reconciliation import reconcile, result_of
from xpert_pipeline_tests.assets.by_hand import ZONES, derive_as_runs_do, write_row
from xpert_pipeline_tests.assets.recomputed.everything import assert_recomputed
from xpert_pipeline_tests.assets.recomputed.margins import profit_margins
from xpert_pipeline_tests.assets.recomputed.raw import compare, read
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

DAY = date(2024, 2, 29)
"""A leap day."""
PRICE, FEE = "ProductCharges/OurPricePrincipal", "AmazonFees/Commission/Base"
FEE_TAX = "AmazonFees/Commission/Tax"


class Books:
    """Writes transactions, economics and costs of one seller, and derives what follows from them."""

    def __init__(self, pool, seller, admin):
        self.pool, self.seller, self.admin, self.numbers = pool, seller, admin, iter(range(1, 1_000_000))

    def put(self, table, **values):
        write_row(self.admin, self.seller, table, **values)

    def posted(self, kind, *items, day=DAY, total=None, currency="INR", store=INDIA, is_counted=True, **more):
        """Write a transaction. An item is its SKU, its units, and amounts by path."""
        number, at = f"t{next(self.numbers)}", datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
        known = sum(Decimal(str(amount)) for _, _, parts in items for amount in parts.values())
        total = known if total is None else total
        common = {
            "marketplace_id": store, "transaction_id": number, "transaction_type": kind, "posted_at": at,
            "posted_date": day, "is_counted": is_counted, "is_cash": True, "currency": currency,
        }  # fmt: skip
        header = common | {"has_amazon_id": True, "is_balanced": total == known}
        self.put("financial_events", **header, item_index=-1, total_amount=total, **more)
        for place, (sku, units, parts) in enumerate(items):
            asin = sku and f"B{sku}"
            if sku is not None or units is not None:
                self.put("financial_events", **header, item_index=place, sku=sku, quantity=units, asin=asin)
            for leaf, (path, amount) in enumerate(parts.items()):
                words = path.split("/")
                self.put(
                    "financial_event_amounts", **common, item_index=place, leaf_number=leaf, amount_tree="ITEMS",
                    path=path, amount_group=words[0], is_tax=words[-1] == "Tax", amount=amount, sku=sku, asin=asin,
                    amount_name=next(word for word in reversed(words) if word not in ("Base", "Tax")),
                )  # fmt: skip

    def advertised(self, sku, *charges, day=DAY, currency="INR"):
        """Write economics of a day; a charge is what it costs without tax, and its tax."""
        names = ("amount", "tax", "promotion", "total", "type")
        ads = [
            dict(zip(names, (net, tax, 0, None if net is None else net + tax, f"Ad{place}"), strict=True))
            for place, (net, tax) in enumerate(charges)
        ]
        self.put("economics_daily", business_date=day, sku=sku, currency=currency, ads=json.dumps(ads))

    def cost(self, sku, amount, first=DAY, last=None, *, currency="INR", store=None):
        own = Cost(sku, store, first, last, Decimal(amount), currency, "price", "costs.csv", 1)
        import_costs(self.pool, self.seller.id, [own])

    def run(self, *days, stores=tuple(ZONES), **parameters):
        for source in (ADVERTISING, MARGINS):
            derive_as_runs_do(self.pool, self.seller, source, days or (DAY,), days, stores=stores, **parameters)
        if not parameters:
            assert_recomputed(self.admin, "profit_margins")

    def row(self, sku, day=DAY, store=INDIA, currency="INR"):
        with self.admin.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(
                "select * from profit_margins where (sku, business_date, marketplace_id, currency) = (%s, %s, %s, %s)",
                [sku, day, store, currency],
            )
            return found.fetchone()

    def dirty(self):
        found = "select distinct business_date from dirty_keys where consumer = 'profit_margins' order by 1"
        return [day for (day,) in self.admin.execute(found)]


@pytest.fixture
def books(pool, seller, admin):
    return Books(pool, seller, admin)


def amounts(row, *names):
    return tuple(f"{row[name]:.2f}" if isinstance(row[name], Decimal) else row[name] for name in names)


def write_a_day(books):
    books.posted(
        "Shipment",
        (
            "A",
            2,
            {
                PRICE: 1000,
                "Tax/OurPriceTax": 180,
                "Shipping/ShippingPrincipal": 50,
                "Promotion/OurPricePromotion": -100,
                FEE: -120,
                FEE_TAX: "-21.60",
                "AmazonFees/FixedClosingFee/Base": -10,
                "AmazonFees/FixedClosingFee/Tax": "-1.80",
                "ItemTCS/TCS-IGST": "-4.75",
                "ItemTDS": "-1.13",
            },
        ),
    )
    books.posted(
        "ProductAdsPayment",
        (None, None, {"AmazonFees/AdvertisingFee/Base": -100, "AmazonFees/AdvertisingFee/Tax": -18}),
    )
    books.posted(
        "ServiceFee", (None, None, {"AmazonFees/Subscription/Base": -499, "AmazonFees/Subscription/Tax": "-89.82"})
    )
    books.posted("Transfer", (None, None, {"Transfer/FundTransfer": -500}))
    books.advertised("A", (50, 9))
    books.cost("A", 300, DAY - timedelta(days=30))


def test_a_day_of_a_sku_and_of_the_account(books):
    """1000 + 50 - 100 - 120 - 10 - 50 = 770; 2 units cost 600. Of the 100 paid for ads, 50 are the SKU's already."""
    write_a_day(books)
    books.run()
    sku, account = books.row("A"), books.row("(account)")
    names = (
        "product_sales",
        "shipping_sales",
        "promotions",
        "amazon_fees",
        "ad_spend",
        "margin_before_cogs",
        "cogs",
        "margin",
    )
    assert amounts(sku, *names) == ("1000.00", "50.00", "100.00", "130.00", "50.00", "770.00", "600.00", "170.00")
    outside = ("sales_tax", "fee_tax", "ad_tax", "tcs_amount", "tds_amount", "transfer_amount", "transactions_amount")
    assert amounts(sku, *outside) == ("180.00", "23.40", "9.00", "4.75", "1.13", "0.00", "970.72")
    assert amounts(sku, "ads_state", "cost_basis", "missing", "asin") == ("PARTIAL", "KNOWN", None, "BA")
    assert amounts(account, *names) == ("0.00", "0.00", "0.00", "499.00", "50.00", "-549.00", "0.00", "-549.00")
    assert amounts(account, *outside) == ("0.00", "89.82", "9.00", "0.00", "0.00", "-500.00", "-1206.82")
    assert amounts(account, "ads_paid", "ads_paid_tax", "ads_state") == ("100.00", "18.00", "ACCOUNT")


def test_tax_on_fees_is_a_cost_of_a_seller_who_is_not_registered(books):
    write_a_day(books)
    books.run(is_tax_credit=False)
    compare(books.admin, "profit_margins", MARGINS.table.key, profit_margins(read(books.admin), is_tax_credit=False))
    names = ("margin_before_cogs", "margin", "is_tax_credit")
    assert amounts(books.row("A"), *names) == ("737.60", "137.60", False), "23.40 and 9 less"
    assert amounts(books.row("(account)"), *names) == ("-647.82", "-647.82", False), "89.82 and 9 less"
    assert pytest.approx(-236.10 - 180 + 4.75 + 1.13 + 500) == 737.6 - 647.82, "what is outside makes the difference"


def test_a_refund_counts_on_its_own_day_and_deferred_money_once(books):
    later = DAY + timedelta(days=9)
    books.posted("Shipment", ("A", 1, {PRICE: 100, FEE: -15}), transaction_status="DEFERRED_RELEASED")
    books.posted("Shipment", ("A", 1, {PRICE: 100, FEE: -15}), day=later, is_counted=False)
    books.posted(
        "Refund",
        ("A", 1, {PRICE: -100, FEE: 15, "AmazonFees/RefundCommission/Base": -5, "Shipping/ShippingPrincipal": -7}),
        day=later,
    )
    books.cost("A", "40.5")
    books.run()
    names = (
        "units_sold",
        "units_refunded",
        "net_units",
        "net_product_sales",
        "referral_fees",
        "other_fees",
        "cogs",
        "margin",
    )
    assert amounts(books.row("A"), *names) == (1, 0, 1, "100.00", "15.00", "0.00", "40.50", "44.50")
    assert amounts(books.row("A", later), *names) == (0, 1, -1, "-100.00", "-15.00", "5.00", "-40.50", "-56.50")
    assert books.row("(account)") is None, "nothing belongs to the account"


def test_odd_transactions_have_a_row_and_say_what_is_missing(books):
    """No cost, a shipment for another shop, units unknown, no SKU, two currencies, a total that nothing explains."""
    books.posted("Shipment", ("NO-COST", 1, {PRICE: 100}))
    books.posted("Shipment", ("OTHER-SHOP", 3, {}), total=0)
    books.posted("Shipment", ("NO-UNITS", None, {PRICE: 10}))
    books.posted("Shipment", (None, 2, {PRICE: 20}))
    books.posted("Shipment", ("TWO", 1, {PRICE: 30}))
    books.posted("Shipment", ("TWO", 1, {PRICE: 3}), currency="USD")
    books.posted("Shipment", ("BACK", -1, {PRICE: -10}))
    books.posted("RemovalShipment", ("X00FNSKU", 5, {"ProductCharges/RecommerceLiquidation": 25}))
    books.posted("Shipment", ("LOOSE", 1, {PRICE: 10}), total=12)
    books.posted("NewKind", (None, None, {"NewGroup/NewName": "-0.07"}))
    books.posted("FBAInventoryReimbursement", ("NO-COST", 1, {"FBAInventoryReimbursement": 60}))
    for sku in ("OTHER-SHOP", "NO-UNITS", "TWO", "BACK", "LOOSE"):
        books.cost(sku, 5)
    books.run()
    names = ("net_units", "product_sales", "margin_before_cogs", "cost_basis", "cogs", "margin", "missing")
    day = "advertising of the day"
    assert amounts(books.row("NO-COST"), *names) == (1, "100.00", "160.00", "MISSING", None, None, f"unit cost, {day}")
    assert amounts(books.row("OTHER-SHOP"), *names) == (3, "0.00", "0.00", "KNOWN", "15.00", "-15.00", day)
    unknown = (None, "10.00", "10.00", "UNITS_UNKNOWN", None, None, f"units sold, {day}")
    assert amounts(books.row("NO-UNITS"), *names) == unknown
    assert amounts(books.row("TWO"), *names) == (1, "30.00", "30.00", "KNOWN", "5.00", "25.00", day)
    foreign = (1, "3.00", "3.00", "OTHER_CURRENCY", None, None, f"unit cost in USD, {day}")
    assert amounts(books.row("TWO", currency="USD"), *names) == foreign
    assert amounts(books.row("BACK"), *names) == (-1, "-10.00", "-10.00", "KNOWN", "-5.00", "-5.00", day)
    assert amounts(books.row("X00FNSKU"), *names) == (0, "0.00", "25.00", "NOT_NEEDED", "0.00", "25.00", day)
    account = books.row("(account)")
    assert amounts(account, *names) == (2, "20.00", "21.93", "MISSING", None, None, "unit cost")
    assert amounts(account, "unexplained_amount", "other_amount") == ("2.00", "-0.07")


def test_advertising_that_is_not_known_is_told_and_what_was_paid_is_counted_once(books):
    books.posted("ProductAdsPayment", (None, None, {"AmazonFees/AdvertisingFee/Base": -70}))
    books.advertised("A", (10, 1), (None, None))
    books.advertised("B", (5, 1), (2, 0))
    books.advertised("C", (9, 0), currency="USD")
    books.advertised("D", (8, 0), day=DAY + timedelta(days=1))
    books.run()
    names = ("ad_spend", "ad_tax", "ads_state", "margin", "missing")
    assert amounts(books.row("A"), *names) == (None, None, "UNKNOWN", "0.00", "an advertising charge")
    assert amounts(books.row("B"), *names) == ("7.00", "1.00", "PARTIAL", "-7.00", None)
    assert amounts(books.row("(account)"), *names) == ("63.00", "-1.00", "ACCOUNT", "-63.00", None)
    assert amounts(books.row("(account)", currency="USD"), *names) == ("-9.00", "0.00", "ACCOUNT", "9.00", None)
    assert books.row("D", DAY + timedelta(days=1)) is None, "no transaction of that day is known"


def test_a_month_counts_the_days_whose_advertising_is_not_known(books):
    """The sum of a month took unknown days as 0, and the margins looked complete. A misses two days, B none, C all."""
    days = [date(2024, 2, day) for day in (1, 2, 3)]
    for day in days:
        books.posted("Shipment", ("A", 1, {PRICE: 100}), ("C", 1, {PRICE: 100}), day=day)
    books.posted("Shipment", ("B", 1, {PRICE: 100}), day=days[0])
    books.advertised("A", (10, 0), day=days[0])
    books.advertised("A", (20, 0), (None, None), day=days[1])
    for day in days[:2]:
        books.advertised("C", (None, None), day=day)
    for sku in "ABC":
        books.cost(sku, 60, days[0])
    books.run(*days)
    names = "ad_spend, days_without_ads, margin_before_cogs, margin, margin_pct, tacos_pct"
    found = {
        sku: tuple(None if value is None else float(value) for value in values)
        for sku, *values in books.admin.execute(
            f"select sku, {names} from profit_margin_months where sku <> '(account)'"
        )
    }
    assert found == {
        "A": (10, 2, 290, 110, 36.6667, None),
        "B": (0, 0, 100, 40, 40, 0),
        "C": (None, 3, 300, 120, 40, None),
    }
    profit = "select sku, advertising, days_without_advertising from xpert_views.sku_profit where sku <> '(account)'"
    assert {sku: (spend, count) for sku, spend, count in books.admin.execute(profit)} == {
        "A": (10, 2), "B": (0, 0), "C": (None, 3),
    }  # fmt: skip


def test_the_cost_of_the_day_counts_and_that_of_the_marketplace_first(books):
    """Costs from the first of March, and one for the leap day only, which lies within another one's days."""
    march = date(2024, 3, 1)
    for day in (DAY - timedelta(days=1), DAY, march):
        for store in ZONES:
            books.posted("Shipment", ("A", 1, {PRICE: 10}), day=day, store=store)
    books.cost("A", 2, date(2024, 1, 1), date(2024, 12, 31))
    books.cost("A", 3, DAY, DAY)
    books.cost("A", 4, march, store=GERMANY, currency="EUR")
    books.run()

    def costs(store):
        days = (DAY - timedelta(days=1), DAY, march)
        return [amounts(books.row("A", day, store), "unit_cost", "cost_basis") for day in days]

    assert costs(INDIA) == [("2.00", "KNOWN"), ("3.00", "KNOWN"), (None, "MISSING")], (
        "the cost before does not come back"
    )
    assert costs(GERMANY) == [("2.00", "KNOWN"), ("3.00", "KNOWN"), ("4.00", "OTHER_CURRENCY")]


def test_a_changed_cost_computes_only_its_own_days_again(books):
    days = [DAY + timedelta(days=n) for n in range(6)]
    for day in days:
        books.posted("Shipment", ("A", 1, {PRICE: 10}), ("B", 1, {PRICE: 10}), day=day)
    books.cost("A", 2, days[1])
    books.run(*days)
    assert books.dirty() == []
    books.cost("A", 3, days[2], days[3])
    assert books.dirty() == days[2:], "the cost before ends, and days after the new one have none"
    books.run(*days[:1])
    assert [amounts(books.row("A", day), "unit_cost")[0] for day in days] == [None, "2.00", "3.00", "3.00", None, None]
    books.cost("A", 3, days[2], days[3])
    books.cost("Z", 3, days[2])
    assert books.dirty() == [], "the same cost again, and one of a SKU that was never sold"
    books.cost("A", 5, days[2], days[3])
    assert books.dirty() == days[2:4]
    books.run(*days[:1])
    assert remove_costs(books.pool, books.seller.id, first_day=days[2], skus=["A"]) == 1
    assert books.dirty() == days[2:], "the cost before holds again"
    books.run(*days[:1])
    assert [amounts(books.row("A", day), "unit_cost")[0] for day in days] == [None, *["2.00"] * 5]


def test_a_changed_cost_reaches_a_day_with_advertising_alone(books):
    """The row kept the cost of before: only days with units were computed again."""
    books.posted("Shipment", ("A", 1, {PRICE: 10}))
    books.advertised("ADS", (5, 1))
    books.run()
    books.cost("ADS", 2)
    assert books.dirty() == [DAY]
    books.run()
    assert amounts(books.row("ADS"), "unit_cost", "cost_basis") == ("2.00", "NOT_NEEDED")


def test_rows_of_a_marketplace_that_was_switched_off_stay_and_follow_their_transactions(books):
    books.posted("Shipment", ("A", 1, {PRICE: 10}), store=GERMANY, currency="EUR")
    books.run()
    books.posted("Refund", ("A", 1, {PRICE: -10}), store=GERMANY, currency="EUR")
    books.run(stores=(INDIA,))
    assert amounts(books.row("A", store=GERMANY, currency="EUR"), "net_units", "margin") == (0, "0.00")


def test_a_part_that_does_not_add_up_to_the_transactions_cannot_be_stored(books):
    write_a_day(books)
    books.run()
    with pytest.raises(psycopg.errors.CheckViolation, match="profit_margins_parts"):
        books.admin.execute("update profit_margins set product_sales = product_sales + 1")
    found = reconcile(books.pool, books.seller, MARGINS_ARE_TRANSACTIONS, [DAY])
    assert result_of(MARGINS_ARE_TRANSACTIONS, found).passed
