"""Every API answers for the requested stores: in their currency, with their titles, on their local days."""

import json
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from xpert_pipeline.sandbox.__main__ import main
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline_tests.sandbox.amazon_models import check, needs_models
from xpert_pipeline_tests.sandbox.client import INDIA, ORDERS, Client
from xpert_pipeline_tests.sandbox.jobs.kiosk import by_asin, by_date, economics, trends
from xpert_pipeline_tests.sandbox.reading import facts_of_xml, rows, xml_orders

UNITED_KINGDOM, GERMANY, FRANCE = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
STORES = {
    INDIA: ("Amazon.in", "INR", "Asia/Kolkata", "+05:30"),
    UNITED_KINGDOM: ("Amazon.co.uk", "GBP", "Europe/London", "+00:00"),
    GERMANY: ("Amazon.de", "EUR", "Europe/Berlin", "+01:00"),
}
OPTIONS = {"as_of": date(2026, 11, 20), "days": 8, "orders_per_day": 60, "skus": 60, "rate_scale": 0.0}
SPAN = ("2026-11-13", "2026-11-20")
XML, LISTINGS = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", "GET_MERCHANT_LISTINGS_ALL_DATA"
ALL = {"createdAfter": "2026-11-01T00:00:00Z"}


@pytest.fixture(scope="module")
def client():
    with start(SandboxOptions(**OPTIONS, marketplaces=tuple(STORES))) as running:
        client = Client(running)
        yield client
        client.http.close()


@pytest.fixture(scope="module")
def indian_client():
    """The same seller with its Indian store alone."""
    with start(SandboxOptions(**OPTIONS)) as running:
        client = Client(running)
        yield client
        client.http.close()


def local_day(text, marketplace_id):
    return datetime.fromisoformat(text).astimezone(ZoneInfo(STORES[marketplace_id][2])).date().isoformat()


def test_the_sellers_and_the_ready_line_list_the_stores(client):
    (seller,) = client.http.get("/_sandbox/sellers").json()
    for facts in (seller, client.running.ready()):
        assert facts["marketplace_id"] == INDIA
        assert facts["marketplace_ids"] == list(STORES)


def test_participations_are_the_stores_and_one_marketplace_that_is_no_store(client):
    payload = client.get("/sellers/v1/marketplaceParticipations").json()["payload"]
    *stores, shadow = [entry["marketplace"] for entry in payload]
    assert {store["id"]: (store["name"], store["defaultCurrencyCode"]) for store in stores} == {
        marketplace_id: facts[:2] for marketplace_id, facts in STORES.items()
    }
    assert shadow["id"] not in STORES
    assert (shadow["name"], shadow["domainName"]) == ("Non-Amazon IN", "siprod.stores.amazon.in")


@pytest.mark.parametrize(
    "table", ["products", "orders", "order_items", "sales_data", "economics_daily", "traffic_daily"]
)
def test_other_stores_change_nothing_in_india(client, indian_client, table):
    rows = client.truth(table, marketplace=INDIA)
    assert rows == indian_client.truth(table)
    assert {row["marketplace_id"] for row in client.truth(table)} == set(STORES)


def test_one_walk_through_several_stores_is_ordered(client):
    walks = {
        marketplace_id: [order["orderId"] for order in client.orders(**ALL, marketplaceIds=marketplace_id)]
        for marketplace_id in STORES
    }
    both = client.orders(**ALL, marketplaceIds=f"{INDIA},{GERMANY}")
    assert {order["orderId"] for order in both} == {*walks[INDIA], *walks[GERMANY]}
    assert len(both) == len(walks[INDIA]) + len(walks[GERMANY])
    assert [order["createdTime"] for order in both] == sorted(order["createdTime"] for order in both)
    for order in both:
        channel = order["salesChannel"]
        assert order["orderId"] in walks[channel["marketplaceId"]]
        assert channel["marketplaceName"] == STORES[channel["marketplaceId"]][0]
    everywhere = client.orders(**ALL, marketplaceIds=",".join(STORES))
    assert len({order["orderId"] for order in everywhere}) == sum(map(len, walks.values()))


@pytest.mark.parametrize("marketplace_id", STORES)
def test_orders_and_their_truth_have_the_stores_days(client, marketplace_id):
    truth = {row["order_id"]: row for row in client.truth("orders", marketplace=marketplace_id)}
    orders = client.orders(**ALL, marketplaceIds=marketplace_id)
    assert {order["orderId"] for order in orders} == set(truth)
    for order in orders:
        row = truth[order["orderId"]]
        assert row["order_date"] == local_day(order["createdTime"], marketplace_id)
        assert row["currency"] in (None, STORES[marketplace_id][1])
    assert {row["order_date"] for row in truth.values()} <= {f"2026-11-{day}" for day in range(13, 21)}


def test_a_european_report_ignores_the_requested_stores(client):
    window = ("2026-11-12T12:00:00Z", "2026-11-21T12:00:00Z")
    reports = [xml_orders(client.text(client.report(XML, *window, marketplace=store))) for store in (INDIA, GERMANY)]
    facts = [[facts_of_xml(order) for order in report] for report in reports]
    assert facts[0] == facts[1]
    assert {order["id"] for order in facts[0]} == {row["order_id"] for row in client.truth("orders")}
    assert {order["channel"] for order in facts[0]} == {"Non-Amazon", *(name for name, *_ in STORES.values())}


@pytest.mark.parametrize("marketplace_id", STORES)
def test_listings_are_those_of_the_store(client, marketplace_id):
    name, currency, *_ = STORES[marketplace_id]
    truth = {row["sku"]: row for row in client.truth("products", marketplace=marketplace_id)}
    items = client.listings(
        marketplaceIds=marketplace_id, includedData="summaries,attributes,offers,fulfillmentAvailability"
    )
    assert {item["sku"] for item in items} == set(truth)
    report = rows(client.text(client.report(LISTINGS, marketplace=marketplace_id)))
    assert {line["seller-sku"]: line["price"] for line in report} == {sku: row["price"] for sku, row in truth.items()}
    for item in items:
        row, (summary,), (offer,) = truth[item["sku"]], item["summaries"], item["offers"]
        assert (summary["marketplaceId"], summary["itemName"]) == (marketplace_id, row["item_name"])
        assert (offer["marketplaceId"], offer["price"]) == (
            marketplace_id, {"amount": row["price"], "currencyCode": currency},
        )  # fmt: skip
        assert item["fulfillmentAvailability"][0]["fulfillmentChannelCode"] == row["fulfillment_channel"]
        assert row["fulfillment_channel"] in ("DEFAULT", "AMAZON_IN" if name == "Amazon.in" else "AMAZON_EU")


def test_several_stores_in_one_search_are_one_item_a_sku(client):
    items = client.listings(marketplaceIds=f"{GERMANY},{INDIA}", includedData="summaries,offers,relationships")
    truth = defaultdict(dict)
    for row in client.truth("products"):
        if row["marketplace_id"] != UNITED_KINGDOM:
            truth[row["sku"]][row["marketplace_id"]] = row
    assert {item["sku"] for item in items} == set(truth)
    assert len(items) == len(truth)
    for item in items:
        stores = {summary["marketplaceId"]: summary["itemName"] for summary in item["summaries"]}
        assert stores == {store: row["item_name"] for store, row in truth[item["sku"]].items()}
    assert any(len(item["offers"]) == 2 for item in items)


def test_catalogue_items_have_the_stores_title(client):
    for marketplace_id in (INDIA, GERMANY):
        row = client.truth("products", marketplace=marketplace_id)[0]
        (item,) = client.get(
            "/catalog/2022-04-01/items",
            identifiers=row["asin"],
            identifiersType="ASIN",
            marketplaceIds=marketplace_id,
            includedData="summaries,salesRanks",
        ).json()["items"]
        (summary,) = item["summaries"]
        assert summary["marketplaceId"] == item["salesRanks"][0]["marketplaceId"] == marketplace_id
        assert summary["itemName"] in {
            other["item_name"]
            for other in client.truth("products", marketplace=marketplace_id)
            if other["asin"] == row["asin"]
        }


@pytest.mark.parametrize("marketplace_id", STORES)
def test_metrics_are_in_the_stores_zone_and_currency(client, marketplace_id):
    _, currency, zone, offset = STORES[marketplace_id]
    expected = defaultdict(int)
    for row in client.truth("sales_data", marketplace=marketplace_id):
        expected[row["sale_date"]] += row["units_ordered"]
    interval = (f"2026-11-13T00:00:00{offset}", f"2026-11-21T00:00:00{offset}")
    payload = client.metrics(*interval, marketplaceIds=marketplace_id, granularityTimeZone=zone).json()["payload"]
    assert {entry["interval"][:10]: entry["unitCount"] for entry in payload} == expected
    assert {entry["totalSales"]["currencyCode"] for entry in payload} == {currency}


def test_metrics_of_several_currencies_are_refused(client):
    interval = ("2026-11-13T00:00:00+05:30", "2026-11-21T00:00:00+05:30")
    answer = client.metrics(*interval, marketplaceIds=f"{INDIA},{GERMANY}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == "InvalidInput"
    assert "currencies differ (EUR, INR)" in error["details"]


def test_metrics_of_one_currency_are_summed(new_sandbox):
    client = new_sandbox(marketplaces=(GERMANY, FRANCE))
    interval = ("2026-11-13T00:00:00+01:00", "2026-11-21T00:00:00+01:00")

    def total(stores):
        answer = client.metrics(*interval, "Total", marketplaceIds=stores, granularityTimeZone="Europe/Paris")
        (entry,) = answer.json()["payload"]
        return entry["unitCount"], Decimal(entry["totalSales"]["amount"])

    one, other, both = total(GERMANY), total(FRANCE), total(f"{GERMANY},{FRANCE}")
    assert both == (one[0] + other[0], one[1] + other[1])
    assert min(one[0], other[0]) > 0


def test_economics_of_several_stores_have_a_record_for_each(client):
    records = client.records(economics(*SPAN, marketplace=f'{INDIA}", "{GERMANY}'))
    truth = {
        (row["marketplace_id"], row["business_date"], row["sku"]): row
        for row in client.truth("economics_daily")
        if row["marketplace_id"] != UNITED_KINGDOM
    }
    keys = [(record["marketplaceId"], record["startDate"], record["msku"]) for record in records]
    assert sorted(keys) == sorted(truth)
    for key, record in zip(keys, records, strict=True):
        sales = record["sales"]
        assert sales["unitsOrdered"] == truth[key]["units_ordered"]
        assert sales["orderedProductSales"]["amount"] == Decimal(truth[key]["ops"])
        assert sales["orderedProductSales"]["currencyCode"] == STORES[key[0]][1]
        assert record["netProceeds"]["total"]["amount"] == Decimal(truth[key]["net_proceeds"])


def test_traffic_of_several_stores_has_records_for_each(client):
    text = by_asin("2026-11-18", "2026-11-18").replace(f'["{INDIA}"]', f'["{GERMANY}", "{INDIA}"]')
    records = client.records(text)
    truth = {
        (row["marketplace_id"], row["asin"]): row["sessions"]
        for row in client.truth("traffic_daily")
        if row["business_date"] == "2026-11-18" and row["marketplace_id"] != UNITED_KINGDOM
    }
    assert {(one["marketplaceId"], one["childAsin"]): one["traffic"]["sessions"] for one in records} == truth
    days = client.records(by_date(*SPAN).replace(f'["{INDIA}"]', json.dumps(list(STORES))))
    assert {(one["marketplaceId"], one["startDate"]) for one in days} == {
        (store, f"2026-11-{day}") for store in STORES for day in range(13, 21)
    }


def test_trends_with_a_filter_for_each_store(client):
    truth = {
        (row["marketplace_id"], row["business_date"], row["asin"]): row["units_ordered"]
        for row in client.truth("traffic_daily")
    }
    asins = {store: sorted({asin for one, _, asin in truth if one == store})[:30] for store in (INDIA, GERMANY)}
    filters = ", ".join(f'{{ marketplaceId: "{store}", asins: {json.dumps(ids)} }}' for store, ids in asins.items())
    one_filter = f'[{{ marketplaceId: "{INDIA}", asins: [] }}]'
    records = client.records(trends(*SPAN, []).replace(one_filter, f"[{filters}]"))
    assert {
        (one["marketplaceId"], one["startDate"], one["childAsin"]): one["sales"]["unitsOrdered"] for one in records
    } == {key: units for key, units in truth.items() if key[0] in asins and key[2] in asins[key[0]]}


def test_a_seller_has_the_stores_in_every_place(new_sandbox):
    client = new_sandbox(sellers=2, marketplaces=(GERMANY, INDIA), days=2)
    sellers = client.http.get("/_sandbox/sellers").json()
    assert [seller["marketplace_ids"] for seller in sellers] == [[GERMANY, INDIA], [GERMANY, INDIA]]
    for seller in sellers:
        rows = client.truth("orders", seller=seller["seller_id"])
        assert {row["marketplace_id"] for row in rows} == {GERMANY, INDIA}


@needs_models
def test_answers_for_several_stores_keep_the_models(client):
    stores = ",".join(STORES)
    for page in client.pages(ORDERS, "paginationToken", **ALL, marketplaceIds=stores, includedData="PROCEEDS"):
        check("orders_2026-01-01", "SearchOrdersResponse", page)
    included = "summaries,attributes,issues,offers,fulfillmentAvailability,relationships,productTypes"
    path = f"/listings/2021-08-01/items/{client.seller_id}"
    for page in client.pages(path, "pageToken", marketplaceIds=stores, pageSize=20, includedData=included):
        check("listingsItems_2021-08-01", "ItemSearchResults", page)
    check("sellers", "GetMarketplaceParticipationsResponse", client.get("/sellers/v1/marketplaceParticipations").json())


@pytest.mark.parametrize(
    ("marketplaces", "words"),
    [
        ("ATVPDKIKX0DER", "a sandbox serves the marketplaces of one region"),
        ("A0", "unknown marketplace id A0"),
        (",", "at least one"),
    ],
)
def test_the_command_refuses_stores_it_cannot_serve(marketplaces, words):
    answer = CliRunner().invoke(main, ["--marketplaces", marketplaces])
    assert answer.exit_code == 2
    assert words in " ".join(answer.output.split())
