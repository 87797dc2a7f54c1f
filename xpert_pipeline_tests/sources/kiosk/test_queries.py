"""Texts of Data Kiosk queries are valid by Amazon's schema, and equal for equal arguments; others are refused."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from xpert_pipeline.assets.finance.economics_daily import QUERY
from xpert_pipeline.assets.pricing.fee_previews import PREVIEW
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.assets.reviews.seller_feedback_counts import BY_DATE
from xpert_pipeline.assets.sales.traffic_queries import BY_ASIN, TRENDS, takes_trends
from xpert_pipeline.sources.kiosk import queries
from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.kiosk.queries import asins_of, query_ahead, query_asins, query_days
from xpert_pipeline.spapi.jobs.kiosk_queries import compact, days_of, next_page

economics, by_asin = partial(query_days, QUERY), partial(query_days, BY_ASIN)
trends = partial(query_asins, TRENDS)

STORE, OTHER_STORE = "A21TJRUUN4KGV", "A1PA6795UKMFR9"
YESTERDAY = date(2026, 11, 24)
ASINS = [f"B0{number:08d}" for number in range(30)]
TEXTS = {
    QUERY.dataset: [
        economics([STORE], date(2026, 9, 1), date(2026, 10, 30), yesterday=YESTERDAY),
        economics([STORE, OTHER_STORE], date(2026, 9, 1), date(2026, 10, 30), yesterday=YESTERDAY),
        query_ahead(PREVIEW, STORE, date(2026, 11, 25), date(2026, 12, 24), today=date(2026, 11, 25)),
    ],
    TRENDS.dataset: [
        trends({STORE: ASINS}, date(2025, 1, 1), YESTERDAY, yesterday=YESTERDAY),
        trends({STORE: ASINS, OTHER_STORE: ASINS[:2]}, date(2025, 1, 1), YESTERDAY, yesterday=YESTERDAY),
        by_asin([STORE], YESTERDAY, YESTERDAY, yesterday=YESTERDAY),
        by_asin([STORE, OTHER_STORE], YESTERDAY, YESTERDAY, yesterday=YESTERDAY),
        query_days(BY_DATE, [STORE, OTHER_STORE], date(2025, 1, 1), YESTERDAY, yesterday=YESTERDAY),
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
    request = economics([STORE], date(2026, 11, 1), date(2026, 11, 3), yesterday=YESTERDAY)
    assert (request.start, request.end) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC))
    assert days_of(request) == [date(2026, 11, day) for day in (1, 2, 3)]
    assert 'startDate:"2026-11-01",endDate:"2026-11-03"' in request.options["query"]


def test_equal_arguments_give_equal_texts_in_any_order():
    there = trends({STORE: ASINS}, date(2026, 11, 1), YESTERDAY, yesterday=YESTERDAY)
    back = trends({STORE: [*reversed(ASINS), ASINS[0]]}, date(2026, 11, 1), YESTERDAY, yesterday=YESTERDAY)
    assert there == back
    assert compact("{ a ( b : 1 )\n { c   d } }") == "{a(b:1){c d}}"


def test_one_query_covers_several_marketplaces_given_in_any_order():
    queries = [
        economics(stores, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
        for stores in ([STORE, OTHER_STORE], (OTHER_STORE, STORE, STORE))
    ]
    assert queries[0] == queries[1]
    assert queries[0].marketplace_ids == (OTHER_STORE, STORE)
    assert f'marketplaceIds:["{OTHER_STORE}","{STORE}"]' in queries[0].options["query"]
    whole_day = by_asin([STORE, OTHER_STORE], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    assert whole_day.marketplace_ids == (OTHER_STORE, STORE)
    assert f'marketplaceIds:["{OTHER_STORE}","{STORE}"]' in whole_day.options["query"]


def test_trends_have_a_filter_for_each_marketplace_with_asins_of_its_own():
    asins = {STORE: ASINS, OTHER_STORE: [ASINS[3], ASINS[1]]}
    request = trends(asins, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    assert request.marketplace_ids == (OTHER_STORE, STORE)
    expected = (
        f'filters:[{{marketplaceId:"{OTHER_STORE}",asins:["{ASINS[1]}","{ASINS[3]}"]}},{{marketplaceId:"{STORE}",'
    )
    assert expected in request.options["query"]
    with pytest.raises(ValueError, match="takes 1 to 30 ASINs per marketplace, not 31"):
        trends({**asins, STORE: [*ASINS, "B1"]}, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    with pytest.raises(ValueError, match="not 0"):
        trends({**asins, STORE: []}, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


def test_a_query_knows_its_asins_without_reading_its_text():
    asins = {STORE: ASINS, OTHER_STORE: [ASINS[1], ASINS[3]]}
    request = trends(asins, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    assert asins_of(request) == asins
    assert asins_of(next_page(request, "two")) == asins
    assert asins_of(by_asin([STORE], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)) == {}


def test_marketplaces_that_are_missing_or_malformed_are_refused():
    with pytest.raises(ValueError, match="at least one marketplace"):
        economics([], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    with pytest.raises(ValueError, match="is not a marketplace id"):
        economics([STORE, '"]) {evil'], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
    with pytest.raises(TypeError, match="pass a list of marketplace ids"):
        economics(STORE, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


def test_a_further_page_is_the_same_query_with_a_token():
    first = TEXTS[QUERY.dataset][0]
    page = next_page(first, "next")
    assert page.options == {**first.options, "paginationToken": "next"}
    assert (page.start, page.end) == (first.start, first.end)


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "ends .* before it starts"),
        (date(2026, 11, 1), date(2026, 11, 25), "the last day that has ended is 2026-11-24"),
        (YESTERDAY - timedelta(days=730), YESTERDAY, "more than two years ago"),
    ],
)
def test_days_that_amazon_does_not_have_are_refused(first, last, message):
    with pytest.raises(ValueError, match=message):
        economics([STORE], first, last, yesterday=YESTERDAY)


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (3, 2), (0, 121)])
def test_days_that_amazon_does_not_estimate_are_refused(first, last):
    today = date(2026, 11, 25)
    with pytest.raises(ValueError, match="Data Kiosk estimates 120 days from today"):
        query_ahead(PREVIEW, STORE, today + timedelta(days=first), today + timedelta(days=last), today=today)


def test_days_up_to_two_years_back_can_be_queried():
    oldest = YESTERDAY + timedelta(days=1) - timedelta(days=730)
    assert days_of(economics([STORE], oldest, YESTERDAY, yesterday=YESTERDAY))[0] == oldest


@pytest.mark.parametrize("asins", [[], [f"B1{number:08d}" for number in range(31)], ['B0"){evil}']])
def test_malformed_lists_of_asins_are_refused(asins):
    with pytest.raises(ValueError, match="ASIN"):
        trends({STORE: asins}, YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


def test_a_text_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(queries, "LONGEST_QUERY", 500)
    with pytest.raises(ValueError, match="Data Kiosk accepts at most 500"):
        economics([STORE], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)


@pytest.mark.parametrize(
    ("asins", "days", "expected"),
    [
        (200, 30, True),
        (200, 730, True),
        (1, 1, False),
        (30, 2, True),
        (60, 2, False),
        (3_000, 14, False),
        (0, 14, True),
    ],
)
def test_traffic_takes_the_way_with_fewer_queries(asins, days, expected):
    assert takes_trends(asins, days) is expected


def test_a_source_knows_its_own_queries_among_those_of_its_dataset():
    """Two tables query the same dataset: a refetch of one must not discard what the other has asked for."""
    sources = [source for source in SOURCES if isinstance(source, KioskDataset)]
    asked = {
        (source.step, query.name): query_days(query, ["A21TJRUUN4KGV"], YESTERDAY, YESTERDAY, yesterday=YESTERDAY)
        for source in sources
        for query in source.queries
    }
    assert len({source.types for source in sources}) < len(sources), "two of them share a dataset"
    for source in sources:
        own = {place for place, request in asked.items() if source.is_own(request)}
        assert own == {place for place in asked if place[0] == source.step}
