"""Transactions become rows: the tree that is counted, the names of its amounts, and what does not add up."""

from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline.assets.finance.transactions import market_of_transaction, parse_transaction
from xpert_pipeline.spapi.operations.transaction_ids import TransactionIds
from xpert_pipeline_tests.assets.orders.payloads import INDIA, market_of

EMIRATES = "A2VIGQ35RCS4UG"
DESCRIBED = ("transaction_status", "received_status", "is_cash", "is_counted")


def money(amount, currency="INR"):
    return None if amount is None else {"currencyAmount": Decimal(amount), "currencyCode": currency}


def node(word, amount, *children, currency="INR"):
    return {"breakdownType": word, "breakdownAmount": money(amount, currency), "breakdowns": list(children)}


def fee(word, base, tax):
    return node(word, str(Decimal(base) + Decimal(tax)), node("Base", base), node("Tax", tax))


ITEM_TREE = [
    node("ProductCharges", "1000.00", node("OurPricePrincipal", "1000.00")),
    node("Tax", "50.00", node("OurPriceTax", "50.00")),
    node("AmazonFees", "-129.80", fee("Commission", "-100.00", "-18.00"), fee("FixedClosingFee", "-10.00", "-1.80")),
    node("ItemTCS", "-5.00", node("TCS-IGST", "-5.00")),
    node("ItemTDS", "-1.05"),
]
"""1000 + 50 - 118 - 11.80 - 5 - 1.05 = 914.15."""
OWN_TREE = [
    node("Sales", "1050.00", *ITEM_TREE[:2]),
    node("Expenses", "-135.85", *ITEM_TREE[2:]),
]


def an_item(**changes):
    context = {
        "contextType": "ProductContext",
        "sku": "A",
        "asin": "B001",
        "quantityShipped": 2,
        "fulfillmentNetwork": "AFN",
    }
    return {
        "description": "Kurta",
        "totalAmount": money("914.15"),
        "contexts": [context],
        "breakdowns": ITEM_TREE,
    } | changes


def a_transaction(**changes):
    record = {
        "sellingPartnerMetadata": {"accountType": "Electronic", "marketplaceId": INDIA},
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "402-1"}],
        "transactionType": "Shipment",
        "transactionId": "T1",
        "transactionStatus": "RELEASED",
        "description": "Order Payment",
        "postedDate": "2026-10-31T20:00:00Z",
        "totalAmount": money("914.15"),
        "marketplaceDetails": {"marketplaceId": INDIA},
        "items": [an_item()],
        "contexts": [],
        "breakdowns": OWN_TREE,
    }
    return {name: value for name, value in (record | changes).items() if value != "absent"}


def parsed(signals=None, **changes):
    events, amounts = parse_transaction(
        a_transaction(**changes), market_of(INDIA), Counter() if signals is None else signals
    )
    return events, amounts


def told(amounts):
    return [(row["amount_group"], row["amount_name"], row["is_tax"], str(row["amount"])) for row in amounts]


NAMED = [
    ("ProductCharges", "OurPricePrincipal", False, "1000.00"),
    ("Tax", "OurPriceTax", False, "50.00"),
    ("AmazonFees", "Commission", False, "-100.00"),
    ("AmazonFees", "Commission", True, "-18.00"),
    ("AmazonFees", "FixedClosingFee", False, "-10.00"),
    ("AmazonFees", "FixedClosingFee", True, "-1.80"),
    ("ItemTCS", "TCS-IGST", False, "-5.00"),
    ("ItemTDS", "ItemTDS", False, "-1.05"),
]


def test_the_leaves_of_the_items_are_the_amounts_and_each_has_the_name_of_its_fee():
    (header, item), amounts = parsed()
    assert told(amounts) == NAMED
    assert amounts[2]["path"] == "AmazonFees/Commission/Base"
    assert {(row["item_index"], row["sku"], row["amount_tree"]) for row in amounts} == {(0, "A", "ITEMS")}
    assert [row["leaf_number"] for row in amounts] == list(range(8))
    assert sum(row["amount"] for row in amounts) == header["total_amount"] == item["total_amount"] == Decimal("914.15")
    assert (header["item_index"], header["sku"], header["order_id"]) == (-1, None, "402-1")
    assert (item["item_index"], item["sku"], item["quantity"], item["order_id"]) == (0, "A", 2, "402-1")
    assert (header["is_balanced"], header["imbalance_amount"], header["breakdowns"]) == (True, None, None)


def test_the_day_is_the_day_in_the_marketplace():
    (header, _), amounts = parsed()
    assert str(header["posted_date"]) == "2026-11-01"
    assert {row["posted_date"] for row in amounts} == {header["posted_date"]}


@pytest.mark.parametrize("own", [None, [], "absent"])
def test_a_transaction_without_a_tree_of_its_own_counts_its_items(own):
    events, amounts = parsed(breakdowns=own)
    assert told(amounts) == NAMED
    assert {(row["amount_tree"], row["is_balanced"]) for row in events} == {("ITEMS", True)}


@pytest.mark.parametrize("item_tree", [[node("Base", "914.15")], None, [], "absent"])
def test_items_that_only_tell_a_total_leave_the_names_to_the_tree_of_the_transaction(item_tree):
    """Some items of Amazon have nothing but `Base`. Their only item still tells the SKU."""
    item = an_item(breakdowns=item_tree)
    if item_tree == "absent":
        del item["breakdowns"]
    (header, row), amounts = parsed(items=[item])
    assert told(amounts) == NAMED
    assert {(row["item_index"], row["sku"], row["amount_tree"]) for row in amounts} == {(-1, "A", "TRANSACTION")}
    assert (header["amount_tree"], header["is_balanced"], row["is_balanced"]) == ("TRANSACTION", True, True)


def test_items_that_miss_the_total_leave_it_to_the_tree_of_the_transaction():
    """Until 2024 the items of some transactions did not add up to them."""
    (header, _), amounts = parsed(items=[an_item(totalAmount=money("900.00"), breakdowns=ITEM_TREE[:1])])
    assert (header["amount_tree"], header["is_balanced"]) == ("TRANSACTION", True)
    assert sum(row["amount"] for row in amounts) == Decimal("914.15")


def test_two_items_of_which_one_tells_nothing_name_no_sku():
    items = [an_item(breakdowns=None), an_item(totalAmount=money("0"), breakdowns=None)]
    _, amounts = parsed(items=items)
    assert {(row["item_index"], row["sku"]) for row in amounts} == {(-1, None)}


def test_a_name_that_restates_an_amount_at_three_depths_is_counted_once():
    """A seller's tax return once had a digital services fee three times, because every depth was added."""
    chain = node(
        "DigitalServicesFee", "-9.98", node("DigitalServicesFee", "-9.98", node("DigitalServicesFee", "-9.98"))
    )
    events, amounts = parsed(items=[], totalAmount=money("-9.98"), breakdowns=[node("Expenses", "-9.98", chain)])
    assert told(amounts) == [("DigitalServicesFee", "DigitalServicesFee", False, "-9.98")]
    assert amounts[0]["path"] == "Expenses/DigitalServicesFee/DigitalServicesFee/DigitalServicesFee"
    assert events[0]["is_balanced"]


def test_a_wrapper_is_no_group_however_it_is_spelt():
    for word in ("Refunded Sales", "REFUNDED_SALES", "Expenses"):
        _, amounts = parsed(items=[], totalAmount=money("-3"), breakdowns=[node(word, "-3", node("Tax", "-3"))])
        assert told(amounts) == [("Tax", "Tax", True, "-3")]
    _, amounts = parsed(items=[], totalAmount=money("-3"), breakdowns=[node("Expenses", "-3")])
    assert told(amounts) == [("Expenses", "Expenses", False, "-3")]


def test_children_that_miss_their_parent_are_told_with_the_difference_and_the_tree():
    broken = [node("AmazonFees", "-118.00", node("Commission", "-118.00", node("Base", "-100.00")))]
    (header, item), amounts = parsed(
        items=[an_item(totalAmount=money("-118.00"), breakdowns=broken)], totalAmount=money("-118.00"), breakdowns=None
    )
    assert told(amounts) == [("AmazonFees", "Commission", False, "-100.00")]
    assert (header["is_balanced"], header["imbalance_amount"]) == (False, Decimal("-18.00"))
    assert (item["is_balanced"], item["imbalance_amount"]) == (False, Decimal("-18.00"))
    assert item["breakdowns"][0]["breakdowns"][0]["breakdownAmount"]["currencyAmount"] == "-118.00"


def test_two_nodes_whose_errors_cancel_out_do_not_add_up():
    nodes = [node("AmazonFees", "-10", node("Commission", "-12")), node("Shipping", "10", node("Principal", "12"))]
    (header,), _ = parsed(items=[], totalAmount=money("0"), breakdowns=nodes)
    assert (header["is_balanced"], header["imbalance_amount"]) == (False, Decimal(2))


def test_a_total_without_any_breakdown_is_not_balanced_unless_it_is_zero():
    (header,), amounts = parsed(items=[], breakdowns=None)
    assert (header["amount_tree"], header["is_balanced"], header["imbalance_amount"]) == (
        None,
        False,
        Decimal("914.15"),
    )
    assert amounts == []
    events, amounts = parsed(
        items=[an_item(totalAmount=money("0.0"), breakdowns=[])], totalAmount=money("0.0"), breakdowns=[]
    )
    assert [(row["amount_tree"], row["is_balanced"], row["quantity"]) for row in events] == [
        (None, True, None), (None, True, 2),
    ]  # fmt: skip
    assert amounts == []


def test_amounts_of_two_currencies_are_kept_apart_and_never_added():
    signals = Counter()
    tree = [node("Sales", "100", node("ProductCharges", "60"), node("Shipping", "40", currency="USD"))]
    (header,), amounts = parsed(signals, items=[], totalAmount=money("100"), breakdowns=tree)
    assert [(str(row["amount"]), row["currency"]) for row in amounts] == [("60", "INR"), ("40", "USD")]
    assert (header["is_balanced"], header["imbalance_amount"]) == (False, None)
    assert signals == {"amounts in another currency than the breakdown above them": 1}


def test_an_unknown_amount_is_no_zero():
    signals = Counter()
    tree = [node("Sales", "100", node("ProductCharges", "100"), node("Shipping", None))]
    (header,), amounts = parsed(signals, items=[], totalAmount=money("100"), breakdowns=tree)
    assert told(amounts) == [("ProductCharges", "ProductCharges", False, "100")]
    assert (header["is_balanced"], header["imbalance_amount"]) == (False, None)
    assert signals["breakdowns without an amount"] == 1


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("RELEASED", ("RELEASED", "RELEASED", True, True)),
        ("Released", ("RELEASED", "Released", True, True)),
        ("Deferred_Released", ("DEFERRED_RELEASED", "Deferred_Released", False, True)),
        ("deferred", ("DEFERRED", "deferred", False, True)),
        (None, (None, None, True, True)),
        ("absent", (None, None, True, True)),
        ("Held", ("HELD", "Held", False, True)),
    ],
)
def test_a_status_is_compared_without_case_and_its_spelling_is_kept(word, expected):
    (header, item), _ = parsed(transactionStatus=word)
    assert tuple(header[name] for name in DESCRIBED) == expected
    assert tuple(item[name] for name in DESCRIBED) == expected


def test_the_row_that_releases_deferred_money_names_the_first_and_does_not_count():
    pair = {"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": "T0"}
    events, amounts = parsed(relatedIdentifiers=[pair, None])
    assert {(row["deferred_transaction_id"], row["is_counted"]) for row in events} == {("T0", False)}
    assert {row["is_counted"] for row in amounts} == {False}


def test_a_deferral_has_its_reason_and_its_day():
    context = {"contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": "2026-11-09T00:00:00Z"}
    (header, _), _ = parsed(contexts=[None, {"contextType": "AddressContext"}, context], transactionStatus="DEFERRED")
    assert (header["deferral_reason"], str(header["matures_at"])) == ("DD7", "2026-11-09 00:00:00+00:00")


def test_what_is_new_is_counted_and_what_is_null_is_passed_over():
    signals = Counter()
    item = an_item(contexts=[None, {"contextType": "AddressContext"}, {}], relatedIdentifiers=None)
    names = [{"relatedIdentifierName": name, "relatedIdentifierValue": "1"} for name in ("ORDER_ID", "PLANET_ID")]
    (header, row), _ = parsed(signals, items=[item, None], contexts=None, relatedIdentifiers=names)
    assert (header["order_id"], row["sku"]) == ("1", None)
    assert signals == {
        "context AddressContext": 1, "context None": 1, "identifier PLANET_ID": 1, "null among items": 1,
        "null among contexts": 1,
    }  # fmt: skip


def test_a_transaction_belongs_to_the_marketplace_it_names_or_to_the_first_with_its_currency():
    markets = [market_of(INDIA), market_of(EMIRATES)]
    assert market_of_transaction(a_transaction(), markets) is markets[0]
    named = {"marketplaceDetails": {"marketplaceId": EMIRATES}}
    assert market_of_transaction(a_transaction(**named), markets) is markets[1]
    assert market_of_transaction(a_transaction(marketplaceDetails={"marketplaceId": "A1F83G8C2ARO7P"}), markets) is None
    nowhere = {"marketplaceDetails": None, "sellingPartnerMetadata": None}
    assert market_of_transaction(a_transaction(**nowhere, totalAmount=money("1", "AED")), markets) is markets[1]
    assert market_of_transaction(a_transaction(**nowhere, totalAmount=None), markets) is markets[0]


def test_a_transaction_without_an_id_keeps_one_id_whatever_changes_later():
    first = TransactionIds().named(a_transaction(transactionId=None))["transactionId"]
    later = [
        *a_transaction()["relatedIdentifiers"],
        {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": "9"},
    ]
    changed = a_transaction(transactionId="absent", transactionStatus="Released", relatedIdentifiers=later, items=[])
    assert TransactionIds().named(changed)["transactionId"] == first
    assert first.startswith("hash:")
    other = TransactionIds().named(a_transaction(transactionId=None, totalAmount=money("914.16")))["transactionId"]
    assert other != first
    same_number = TransactionIds().named(a_transaction(transactionId=None, totalAmount=money("914.150")))[
        "transactionId"
    ]
    assert same_number == first
    (header, _), _ = parsed(transactionId=first)
    assert not header["has_amazon_id"]


def test_equal_transactions_without_an_id_are_numbered():
    ids, nameless = TransactionIds(), a_transaction(transactionId=None)
    first, second, own = (ids.named(record)["transactionId"] for record in (nameless, nameless, a_transaction()))
    assert (second, own) == (f"{first}:2", "T1")
