"""Texts of Data Kiosk queries: what Amazon's schema allows, equal for equal wishes, and never a wish that it refuses."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from xpert_pipeline.spapi.jobs import kiosk_queries as kiosk

STORE, OTHER_STORE = "A21TJRUUN4KGV", "A1PA6795UKMFR9"
YESTERDAY = date(2026, 11, 24)
ASINS = [f"B0{number:08d}" for number in range(30)]
TEXTS = {
    kiosk.ECONOMICS: [
        kiosk.economics([STORE], date(2026, 9, 1), date(2026, 10, 30), yesterday=YESTERDAY),
        kiosk.economics([STORE, OTHER_STORE], date(2026, 9, 1), date(2026, 10, 30), yesterday=YESTERDAY),
    ],
    kiosk.TRAFFIC: [
        kiosk.traffic_trends({STORE: ASINS}, date(2025, 1, 1), YESTERDAY, yesterday=YESTERDAY),
        kiosk.traffic_trends({STORE: ASINS, OTHER_STORE: ASINS[:2]}, date(2025, 1, 1), YESTERDAY, yesterday=YESTERDAY),
        kiosk.traffic_by_asin([STORE], YESTERDAY, yesterday=YESTERDAY),
        kiosk.traffic_by_asin([STORE, OTHER_STORE], YESTERDAY, yesterday=YESTERDAY),
    ],
}


@pytest.mark.parametrize("dataset", TEXTS)
def test_amazons_schema_knows_every_field_and_argument(dataset):
    clone = Path(__file__).parents[3]
    schema = next(iter(clone.parent.glob(f"*/spapi/schemas/data-kiosk/{dataset}.graphql")), None)
    if schema is None:
        pytest.skip("Amazon's schemas are not at hand")
    known = build_schema(schema.read_text(), assume_valid_sdl=True)
    for request in TEXTS[dataset]:
        assert request.report_type == dataset
        assert validate(known, parse(request.options["query"])) == []


def test_a_query_of_days_has_utc_midnights_as_its_window():
    request = kiosk.economics([STORE], date(2026, 11, 1), date(2026, 11, 3), yesterday=YESTERDAY)
    assert (request.start, request.end) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC))
    assert kiosk.days_of(request) == [date(2026, 11, day) for day in (1, 2, 3)]
    assert 'startDate:"2026-11-01",endDate:"2026-11-03"' in request.options["query"]


def test_equal_wishes_give_equal_texts_whatever_their_order():
    there = kiosk.traffic_trends({STORE: ASINS}, date(2026, 11, 1), YESTERDAY, yesterday=YESTERDAY)
    back = kiosk.traffic_trends(
        {STORE: [*reversed(ASINS), ASINS[0]]}, date(2026, 11, 1), YESTERDAY, yesterday=YESTERDAY
    )
    assert there == back
    assert kiosk.compact("{ a ( b : 1 )\n { c   d } }") == "{a(b:1){c d}}"


def test_one_query_covers_several_marketplaces_in_whatever_order_they_are_named():
    queries = [
        kiosk.economics(stores, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
        for stores in ([STORE, OTHER_STORE], (OTHER_STORE, STORE, STORE))
    ]
    assert queries[0] == queries[1]
    assert queries[0].marketplace_ids == (OTHER_STORE, STORE)
    assert f'marketplaceIds:["{OTHER_STORE}","{STORE}"]' in queries[0].options["query"]
    by_asin = kiosk.traffic_by_asin([STORE, OTHER_STORE], YESTERDAY, yesterday=YESTERDAY)
    assert by_asin.marketplace_ids == (OTHER_STORE, STORE)
    assert f'marketplaceIds:["{OTHER_STORE}","{STORE}"]' in by_asin.options["query"]


def test_trends_have_a_filter_for_each_marketplace_with_asins_of_its_own():
    asins = {STORE: ASINS, OTHER_STORE: [ASINS[3], ASINS[1]]}
    request = kiosk.traffic_trends(asins, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    assert request.marketplace_ids == (OTHER_STORE, STORE)
    expected = (
        f'filters:[{{marketplaceId:"{OTHER_STORE}",asins:["{ASINS[1]}","{ASINS[3]}"]}},{{marketplaceId:"{STORE}",'
    )
    assert expected in request.options["query"]
    with pytest.raises(ValueError, match="takes 1 to 30 ASINs a marketplace, not 31"):
        kiosk.traffic_trends({**asins, STORE: [*ASINS, "B1"]}, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    with pytest.raises(ValueError, match="not 0"):
        kiosk.traffic_trends({**asins, STORE: []}, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


def test_a_query_knows_its_asins_without_reading_its_text():
    asins = {STORE: ASINS, OTHER_STORE: [ASINS[1], ASINS[3]]}
    request = kiosk.traffic_trends(asins, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    assert kiosk.asins_of(request) == asins
    assert kiosk.asins_of(kiosk.next_page(request, "two")) == asins
    assert kiosk.asins_of(kiosk.traffic_by_asin([STORE], YESTERDAY, yesterday=YESTERDAY)) == {}


def test_marketplaces_that_are_missing_or_malformed_are_refused():
    with pytest.raises(ValueError, match="at least one marketplace"):
        kiosk.economics([], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    with pytest.raises(ValueError, match="is not a marketplace id"):
        kiosk.economics([STORE, '"]) {evil'], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    with pytest.raises(TypeError, match="give a list of marketplace ids"):
        kiosk.economics(STORE, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


def test_a_further_page_is_the_same_query_with_a_token():
    first = TEXTS[kiosk.ECONOMICS][0]
    page = kiosk.next_page(first, "next")
    assert page.options == {**first.options, "paginationToken": "next"}
    assert (page.start, page.end) == (first.start, first.end)


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "ends .* before it starts"),
        (date(2026, 11, 1), date(2026, 11, 25), "the newest day that is over is 2026-11-24"),
        (YESTERDAY - timedelta(days=730), YESTERDAY, "more than two years ago"),
    ],
)
def test_days_that_amazon_does_not_have_are_refused_here(first, last, told):
    with pytest.raises(ValueError, match=told):
        kiosk.economics([STORE], first, last, yesterday=YESTERDAY)


def test_two_years_back_can_be_asked_for():
    days = [YESTERDAY + timedelta(days=1) - timedelta(days=back) for back in (731, 730, 1, 0)]
    assert kiosk.askable(days, YESTERDAY + timedelta(days=1)) == days[1:3]
    assert kiosk.economics([STORE], days[1], YESTERDAY, yesterday=YESTERDAY)


@pytest.mark.parametrize("asins", [[], [f"B1{number:08d}" for number in range(31)], ['B0"){evil}']])
def test_what_is_no_list_of_asins_is_refused(asins):
    with pytest.raises(ValueError, match="ASIN"):
        kiosk.traffic_trends({STORE: asins}, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


def test_a_text_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(kiosk, "LONGEST_QUERY", 500)
    with pytest.raises(ValueError, match="Data Kiosk takes 500"):
        kiosk.economics([STORE], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


@pytest.mark.parametrize(
    ("asins", "days", "source", "queries"),
    [
        (200, 30, "trends", 7),
        (200, 730, "trends", 7),
        (1, 1, "by_asin", 1),
        (30, 2, "trends", 1),
        (60, 2, "by_asin", 2),
        (3_000, 14, "by_asin", 14),
        (0, 14, "trends", 0),
    ],
)
def test_traffic_is_asked_for_in_the_way_of_fewer_queries(asins, days, source, queries):
    assert kiosk.plan_traffic(asins, days) == kiosk.TrafficPlan(source, queries)
