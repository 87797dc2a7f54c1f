"""Listings, catalogue, sales metrics and participations: the right parameters, every page, every item once."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.operations.catalog import search_catalog_items
from xpert_pipeline.spapi.operations.listings import count_listings, search_listings_items
from xpert_pipeline.spapi.operations.sales import count_orders, get_order_metrics, order_metrics_by_day
from xpert_pipeline.spapi.operations.sellers import marketplace_participations
from xpert_pipeline_tests.spapi.scripted import Reply, refusal

INDIA = "A21TJRUUN4KGV"
LISTINGS = "/listings/2021-08-01/items/A1SELLER"
CATALOG = "/catalog/2022-04-01/items"
METRICS = "/sales/v1/orderMetrics"
PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
FAST = {"x-amzn-RateLimit-Limit": "10000"}


def listing(n):
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
    return {"sku": f"SKU {n}/%", "summaries": [{"createdDate": created.isoformat()}]}


class Shop:
    """Serves pages of a seller's listings, at most 1,000 SKUs for one query, as Amazon does."""

    def __init__(self, amazon, size):
        self.items = [listing(n) for n in range(size)]
        self.amazon = amazon
        amazon.on("GET", LISTINGS, self)

    def __call__(self, handler):
        query = self.amazon.calls(LISTINGS)[-1].query
        since = query.get("createdAfter", [""])[0].replace(".000Z", "+00:00")
        listings = [listing for listing in self.items if listing["summaries"][0]["createdDate"] >= since]
        start = int(query.get("pageToken", ["0"])[0])
        body = {"numberOfResults": len(listings), "items": listings[start : start + 20]}
        if start + 20 < min(len(listings), 1000):
            body["pagination"] = {"nextToken": str(start + 20)}
        Reply(200, body, FAST)(handler)


def test_listings_come_page_by_page_with_the_sellers_id_in_the_path(amazon, api):
    shop = Shop(amazon, 45)
    listings = list(search_listings_items(api, INDIA, updated_after=datetime(2026, 10, 1, tzinfo=UTC)))
    assert listings == shop.items
    query = amazon.calls(LISTINGS)[0].query
    assert query["marketplaceIds"] == ["A21TJRUUN4KGV"]
    assert query["lastUpdatedAfter"] == ["2026-10-01T00:00:00.000Z"]
    assert query["includedData"][0].startswith("summaries,attributes")
    assert query["pageSize"] == ["20"]
    assert len(amazon.calls(LISTINGS)) == 3


def test_a_catalogue_of_more_than_a_thousand_is_read_whole_and_once(amazon, api):
    shop = Shop(amazon, 2345)
    listings = [listing["sku"] for listing in search_listings_items(api, INDIA)]
    assert listings == [listing["sku"] for listing in shop.items]


def test_amazons_own_count_can_be_compared_with_the_listings_received(amazon, api):
    """A search that counted 60 listings returned one page of 20 without a token, and was recorded as complete."""
    Shop(amazon, 45)
    walk = search_listings_items(api, INDIA)
    assert (walk.total, walk.received) == (None, 0)
    listings = iter(walk)
    next(listings)
    assert (walk.total, walk.received) == (45, 1)
    assert len(list(listings)) == 44
    assert (walk.total, walk.received) == (45, 45)
    amazon.on("GET", LISTINGS, Reply(200, {"numberOfResults": 60, "items": [listing(n) for n in range(20)]}, FAST))
    short = search_listings_items(api, INDIA)
    assert len(list(short)) == 20
    assert (short.total, short.received) == (60, 20)


def test_the_count_is_that_of_the_whole_catalogue_however_many_queries_it_takes(amazon, api):
    Shop(amazon, 2345)
    walk = search_listings_items(api, INDIA)
    assert len(list(walk)) == 2345
    assert (walk.total, walk.received) == (2345, 2345)


def test_an_empty_catalogue_counts_none(amazon, api):
    Shop(amazon, 0)
    walk = search_listings_items(api, INDIA)
    assert list(walk) == []
    assert (walk.total, walk.received) == (0, 0)


def test_listings_of_a_walk_that_starts_over_come_once(amazon, api):
    first = {"numberOfResults": 3, "items": [listing(0), listing(1)]}
    again = {"numberOfResults": 4, "items": [listing(0), listing(1)]}
    last = {"numberOfResults": 4, "items": [listing(2), listing(3)]}
    refused = refusal(400, "InvalidInput", "the next token is invalid", **FAST)
    amazon.on(
        "GET",
        LISTINGS,
        Reply(200, {**first, "pagination": {"nextToken": "t1"}}, FAST),
        refused,
        refused,
        Reply(200, {**again, "pagination": {"nextToken": "t2"}}, FAST),
        Reply(200, last, FAST),
    )
    walk = search_listings_items(api, INDIA)
    assert list(walk) == [listing(n) for n in range(4)]
    assert (walk.total, walk.received) == (4, 4)


def test_listings_out_of_reach_are_an_error_and_not_a_short_catalogue(amazon, api):
    shop = Shop(amazon, 1200)
    for listing in shop.items:
        listing["summaries"] = [{"createdDate": "2026-01-01T00:00:00+00:00"}]
    with pytest.raises(errors.BadAnswer, match="cannot reach 200 listings"):
        list(search_listings_items(api, INDIA))


def test_a_search_whose_creation_times_go_back_and_forth_comes_to_an_end(amazon, api):
    """Each new query starts at the last creation time seen; if that goes back, the queries would never end."""
    numbers = itertools.count()

    def answer(handler):
        after = amazon.calls(LISTINGS)[-1].query.get("createdAfter", [""])[0]
        created = "2026-01-01T00:00:00Z" if after.startswith("2026-01-02") else "2026-01-02T00:00:00Z"
        items = [{"sku": f"SKU {next(numbers)}", "summaries": [{"createdDate": created}]} for _ in range(20)]
        pagination = {"nextToken": f"t{next(numbers)}"}
        Reply(200, {"numberOfResults": 5000, "items": items, "pagination": pagination}, FAST)(handler)

    amazon.on("GET", LISTINGS, answer)
    with pytest.raises(errors.BadAnswer, match="cannot reach 4,000 listings"):
        list(search_listings_items(api, INDIA))
    assert len(amazon.calls(LISTINGS)) == 100


def test_catalogue_items_are_requested_by_twenty_in_one_comma_separated_value(amazon, api):
    amazon.on("GET", CATALOG, Reply(200, {"numberOfResults": 1, "items": [{"asin": "B0"}]}, FAST))
    asins = [f"B{n:09d}" for n in range(45)]
    assert len(list(search_catalog_items(api, INDIA, [*asins, asins[0]]))) == 3
    batches = [call.query["identifiers"] for call in amazon.calls(CATALOG)]
    assert [len(value) for value in batches] == [1, 1, 1]
    assert ",".join(value[0] for value in batches).split(",") == asins
    assert amazon.calls(CATALOG)[0].query["identifiersType"] == ["ASIN"]


def test_catalogue_items_of_a_walk_that_starts_over_come_once(amazon, api):
    one = Reply(200, {"items": [{"asin": "B1"}], "pagination": {"nextToken": "t"}}, FAST)
    refused = refusal(400, "InvalidInput", "no", **FAST)
    amazon.on("GET", CATALOG, one, refused, refused, one, Reply(200, {"items": [{"asin": "B2"}]}))
    assert [item["asin"] for item in search_catalog_items(api, INDIA, ["B1", "B2"])] == ["B1", "B2"]


@pytest.mark.parametrize(
    "payload",
    [[{}], [7], [{"orderCount": "many"}], [{"orderCount": None}], [{"orderCount": -1}], [{"orderCount": 1.5}]],
)
def test_order_metrics_of_an_unknown_shape_are_a_bad_answer(amazon, api, payload):
    """A KeyError would have stopped the run, although the metrics only help to plan."""
    amazon.on("GET", METRICS, Reply(200, {"payload": payload}))
    start = datetime(2026, 10, 1, tzinfo=UTC)
    for question in (count_orders, order_metrics_by_day):
        with pytest.raises(errors.BadAnswer, match="getOrderMetrics for seller A1SELLER: the metrics have an unknown"):
            question(api, INDIA, start, start + timedelta(days=1))


@pytest.mark.parametrize(
    "entry", [{}, 7, {"marketplace": {"id": 7}, "participation": {}}, {"marketplace": {"id": "A"}}]
)
def test_participations_of_an_unknown_shape_are_a_bad_answer(amazon, api, entry):
    amazon.on("GET", "/sellers/v1/marketplaceParticipations", Reply(200, {"payload": [entry]}))
    with pytest.raises(errors.BadAnswer, match="an entry has no marketplace or no participation"):
        marketplace_participations(api)


def test_each_operation_uses_the_marketplace_that_the_caller_names(amazon, make_api):
    """A client knows several marketplaces; none of them is a default."""
    api = make_api(marketplaces=[by_id(INDIA), by_id("A1PA6795UKMFR9")])
    amazon.on("GET", LISTINGS, Reply(200, {"numberOfResults": 0, "items": []}, FAST))
    amazon.on("GET", CATALOG, Reply(200, {"items": []}, FAST))
    amazon.on("GET", METRICS, Reply(200, {"payload": []}))
    count_listings(api, "A1PA6795UKMFR9")
    list(search_listings_items(api, "A1PA6795UKMFR9"))
    list(search_catalog_items(api, "A1PA6795UKMFR9", ["B1"]))
    get_order_metrics(api, "A1PA6795UKMFR9", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC))
    calls = [call for path in (LISTINGS, CATALOG, METRICS) for call in amazon.calls(path)]
    assert [call.query["marketplaceIds"] for call in calls] == [["A1PA6795UKMFR9"]] * 4
    assert calls[-1].query["granularityTimeZone"] == ["Europe/Berlin"]


def test_no_asins_cause_no_call(amazon, api):
    assert list(search_catalog_items(api, INDIA, [])) == []
    assert amazon.seen == []


def test_metrics_are_requested_for_the_marketplaces_days(amazon, api):
    amazon.on("GET", METRICS, Reply(200, {"payload": [{"orderCount": 3}]}))
    zone = ZoneInfo("Asia/Kolkata")
    assert get_order_metrics(api, INDIA, datetime(2026, 10, 1, tzinfo=zone), datetime(2026, 10, 3, tzinfo=zone)) == [
        {"orderCount": 3}
    ]
    assert amazon.calls(METRICS)[0].query == {
        "interval": ["2026-10-01T00:00:00+05:30--2026-10-03T00:00:00+05:30"],
        "granularity": ["Day"],
        "granularityTimeZone": ["Asia/Kolkata"],
        "marketplaceIds": ["A21TJRUUN4KGV"],
    }


def test_metrics_over_more_than_two_years_take_several_calls(amazon, api):
    amazon.on("GET", METRICS, Reply(200, {"payload": [{"orderCount": 1}]}))
    start = datetime(2022, 1, 1, tzinfo=UTC)
    assert len(get_order_metrics(api, INDIA, start, start + timedelta(days=1500))) == 3
    spans = [call.query["interval"][0].split("--") for call in amazon.calls(METRICS)]
    assert spans[0][1] == spans[1][0]
    assert spans[1][1] == spans[2][0]


def test_metrics_keep_local_midnights_when_the_clock_changes(amazon, api):
    amazon.on("GET", METRICS, Reply(200, {"payload": []}))
    zone = ZoneInfo("Europe/Berlin")
    get_order_metrics(api, "A1PA6795UKMFR9", datetime(2026, 10, 24, tzinfo=zone), datetime(2026, 10, 26, tzinfo=zone))
    assert amazon.calls(METRICS)[0].query["interval"] == ["2026-10-24T00:00:00+02:00--2026-10-26T00:00:00+01:00"]


def test_an_empty_list_of_metrics_is_an_answer_but_a_missing_one_is_not(amazon, api):
    now = datetime.now(UTC)
    amazon.on("GET", METRICS, Reply(200, {"payload": []}))
    assert get_order_metrics(api, INDIA, now - timedelta(days=1), now) == []
    amazon.on("GET", METRICS, Reply(200, {}))
    with pytest.raises(errors.BadAnswer, match="lacks payload"):
        get_order_metrics(api, INDIA, now - timedelta(days=1), now)


def test_participations_are_the_sellers_marketplaces(amazon, api):
    participations = [
        {"marketplace": {"id": "A21TJRUUN4KGV"}, "participation": {"isParticipating": True}, "storeName": "X"}
    ]
    amazon.on("GET", PARTICIPATIONS, Reply(200, {"payload": participations}))
    assert marketplace_participations(api) == participations
    assert amazon.calls(PARTICIPATIONS)[0].query == {}


def test_listings_can_be_counted_with_one_call(amazon, api):
    Shop(amazon, 2345)
    assert count_listings(api, INDIA) == 2345
    assert len(amazon.calls(LISTINGS)) == 1
