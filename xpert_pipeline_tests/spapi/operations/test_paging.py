"""One walk for every paged operation: each page once, the same parameters throughout, and an end in any case."""

import time
from dataclasses import replace

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.operations import paging
from xpert_pipeline.spapi.operations.inventory import INVENTORY_SUMMARIES
from xpert_pipeline.spapi.operations.paging import PagedOperation, PageGuard, next_token
from xpert_pipeline_tests.spapi.scripted import Reply, refusal

PATH = "/fba/inventory/v1/summaries"
STORE = "A21TJRUUN4KGV"
PARAMS = {"details": True, "granularityType": "Marketplace", "granularityId": STORE, "marketplaceIds": STORE}
UNLIMITED = {"x-amzn-RateLimit-Limit": "10000"}
EXPIRED = refusal(400, "InvalidInput", "Next token is invalid or expired.", **UNLIMITED)
LAZY = replace(INVENTORY_SUMMARIES, read_ahead=0)


def summary(sku, fn_sku="X0", condition="NewItem"):
    return {"sellerSku": sku, "fnSku": fn_sku, "condition": condition}


def page(skus, token=None, **more):
    body = {"payload": {"inventorySummaries": [summary(sku) for sku in skus]}, **more}
    if token is not None:
        body["pagination"] = {"nextToken": token}
    return Reply(200, body, UNLIMITED)


def skus(pages):
    return [record["sellerSku"] for result in pages for record in result.records]


def walk(api, operation=INVENTORY_SUMMARIES):
    return operation.pages(api, **PARAMS)


def tokens_sent(amazon):
    return [call.query.get("nextToken", [None])[0] for call in amazon.calls(PATH)]


class ShortLivedTokens:
    """Serves a number of one-record pages; each token is accepted for some seconds only."""

    def __init__(self, amazon, pages, seconds):
        self.amazon, self.pages, self.seconds = amazon, pages, seconds
        self.issued_at = {}
        amazon.on("GET", PATH, self)

    def __call__(self, handler):
        token = self.amazon.calls(PATH)[-1].query.get("nextToken", ["0"])[0]
        if token != "0" and time.monotonic() - self.issued_at[token] > self.seconds:
            EXPIRED(handler)
            return
        following = str(int(token) + 1) if int(token) + 1 < self.pages else None
        self.issued_at[following] = time.monotonic()
        page([f"SKU {token}"], following)(handler)


@pytest.mark.parametrize("operation", [INVENTORY_SUMMARIES, LAZY], ids=["read ahead", "page by page"])
def test_every_page_comes_once_and_only_the_token_changes_between_requests(amazon, api, operation):
    amazon.on("GET", PATH, page(["a", "b"], "t/1+="), page([], "t2"), page(["c"]))
    pages = list(walk(api, operation))
    assert skus(pages) == ["a", "b", "c"]
    assert [result.is_first for result in pages] == [True, False, False]
    queries = [call.query for call in amazon.calls(PATH)]
    assert [query.pop("nextToken", [None])[0] for query in queries] == [None, "t/1+=", "t2"]
    assert queries[0] == queries[1] == queries[2]


def test_an_empty_token_ends_the_walk(amazon, api):
    amazon.on("GET", PATH, page(["a"], ""))
    assert skus(walk(api)) == ["a"]


def test_a_page_without_records_is_a_page(amazon, api):
    amazon.on("GET", PATH, page([]))
    (only,) = walk(api)
    assert (only.records, only.is_first) == ([], True)


def test_a_repeated_token_is_refused(amazon, api):
    amazon.on("GET", PATH, page(["a"], "t1"), page(["b"], "t2"), page(["c"], "t1"))
    with pytest.raises(errors.RepeatedPage, match="token came twice"):
        list(walk(api))


def test_the_same_page_under_a_new_token_is_refused(amazon, api):
    amazon.on("GET", PATH, page(["a", "b"], "t1"), page(["a", "b"], "t2"))
    with pytest.raises(errors.RepeatedPage, match="beginning with a X0 NewItem came twice"):
        list(walk(api))


def test_records_are_compared_by_all_identifying_values(amazon, api):
    """A SKU that is sold new and used has a record for each."""
    new, used = ({"payload": {"inventorySummaries": [summary("a", condition=name)]}} for name in ("New", "Used"))
    amazon.on("GET", PATH, Reply(200, {**new, "pagination": {"nextToken": "t"}}, UNLIMITED), Reply(200, used))
    assert skus(walk(api)) == ["a", "a"]


def test_records_without_identity_are_compared_by_their_content(amazon, api):
    """If Amazon renamed the identifying fields, every second page would look like a repeated one."""
    first, second = ({"payload": {"inventorySummaries": [{"newName": name}]}} for name in "ab")
    amazon.on("GET", PATH, Reply(200, {**first, "pagination": {"nextToken": "t"}}, UNLIMITED), Reply(200, second))
    assert [result.records for result in walk(api)] == [[{"newName": "a"}], [{"newName": "b"}]]


def test_an_expired_token_restarts_the_walk_with_a_first_page(amazon, api):
    amazon.on("GET", PATH, page(["a"], "t1"), EXPIRED, EXPIRED, page(["a"], "t2"), page(["b"]))
    pages = list(walk(api, LAZY))
    assert [(skus([result]), result.is_first) for result in pages] == [(["a"], True), (["a"], True), (["b"], False)]
    assert tokens_sent(amazon) == [None, "t1", "t1", None, "t2"]


def test_a_page_token_that_is_refused_once_goes_on_where_it_was(amazon, api):
    """A page token that Amazon refused once failed the load, although the same request succeeded seconds later."""
    amazon.on("GET", PATH, page(["a"], "t1"), EXPIRED, page(["b"], "t2"), EXPIRED, page(["c"]))
    assert [(skus([result]), result.is_first) for result in walk(api, LAZY)] == [
        (["a"], True),
        (["b"], False),
        (["c"], False),
    ]
    assert tokens_sent(amazon) == [None, "t1", "t1", "t2", "t2"]


@pytest.mark.parametrize("body", [{"errors": [{"code": "InvalidInput", "message": None}]}, {"message": None}])
def test_a_refused_request_with_a_token_counts_as_an_expired_token(amazon, api, body):
    """FBA Inventory refuses an old token without a message, so a caller could treat it as "no FBA listing"."""
    refused = Reply(400, body, UNLIMITED)
    amazon.on("GET", PATH, page(["a"], "t1"), refused, refused, page(["a"], "t2"), page(["b"]))
    assert [(skus([result]), result.is_first) for result in walk(api)] == [(["a"], True), (["b"], False)]
    amazon.on("GET", PATH, *[page(["a"], "t1"), refused, refused] * 3)
    with pytest.raises(errors.PageTokenExpired):
        list(walk(api))


def test_pages_that_were_read_ahead_of_an_expired_token_are_dropped(amazon, api):
    amazon.on("GET", PATH, page(["a"], "t1"), EXPIRED, EXPIRED, page(["a"], "t2"), page(["b"]))
    assert [(skus([result]), result.is_first) for result in walk(api)] == [(["a"], True), (["b"], False)]


def test_tokens_that_keep_expiring_end_in_an_error_after_two_restarts(amazon, api):
    amazon.on("GET", PATH, *[page(["a"], "t1"), EXPIRED, EXPIRED] * 3)
    with pytest.raises(errors.PageTokenExpired):
        list(walk(api, LAZY))
    assert tokens_sent(amazon) == [None, "t1", "t1"] * 3


def test_another_bad_request_is_not_restarted(amazon, api):
    amazon.on("GET", PATH, refusal(400, "InvalidInput", "The seller has no FBA listing"))
    with pytest.raises(errors.BadRequest, match="no FBA listing"):
        list(walk(api))
    assert len(amazon.calls(PATH)) == 1


def test_empty_pages_with_ever_new_tokens_come_to_an_end(amazon, api):
    """Amazon sent empty pages with new tokens, and the walk went on past 5,000 calls."""
    amazon.on("GET", PATH, *(page([], f"t{number}") for number in range(200)))
    with pytest.raises(errors.EndlessPages, match="100 pages in a row were empty"):
        list(walk(api))
    assert len(amazon.calls(PATH)) == paging.MOST_EMPTY_PAGES == 100


def test_empty_pages_between_full_ones_do_not_add_up(amazon, api, monkeypatch):
    monkeypatch.setattr(paging, "MOST_EMPTY_PAGES", 3)
    full_and_empty = [page([] if number % 3 else [f"SKU {number}"], f"t{number}") for number in range(9)]
    amazon.on("GET", PATH, *full_and_empty, page(["last"]))
    assert skus(walk(api)) == ["SKU 0", "SKU 3", "SKU 6", "last"]


@pytest.mark.parametrize("pages", [[["a"], ["b"]], [["a", "b"]]], ids=["full pages", "one page"])
def test_pages_beyond_all_records_that_amazon_counts_come_to_an_end(amazon, api, pages):
    """Amazon counts two records; without a bound, the walk followed page tokens after them up to 5,000 calls."""
    operation = replace(LAZY, total="count")
    counted = [page(records, f"full {number}", count=2) for number, records in enumerate(pages)]
    amazon.on("GET", PATH, *counted, *(page([f"SKU {number}"], f"t{number}", count=2) for number in range(50)))
    with pytest.raises(errors.EndlessPages, match="Amazon counts 2 records, but sent 10 further pages after these"):
        list(walk(api, operation))
    assert len(amazon.calls(PATH)) == len(pages) + 10


def test_a_count_that_grows_during_the_walk_is_followed(amazon, api):
    growing = [page([f"SKU {number}"], f"t{number}", count=number + 2) for number in range(30)]
    amazon.on("GET", PATH, *growing, page(["last"], count=31))
    assert len(skus(walk(api, replace(LAZY, total="count")))) == 31


def test_full_pages_without_end_come_to_an_end(amazon, api):
    amazon.on("GET", PATH, *(page([f"SKU {number}"], f"t{number}") for number in range(20)))
    seen = []
    with pytest.raises(errors.EndlessPages, match="more than 7 pages"):
        seen.extend(walk(api, replace(LAZY, longest=7)))
    assert len(amazon.calls(PATH)) == 7
    assert PagedOperation("x", "y", ()).longest == 5_000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payload": {}},
        {"payload": {"inventorySummaries": None}},
        {"payload": {"inventorySummaries": {"a": 1}}},
        {"payload": [{"inventorySummaries": []}]},
        {"inventorySummaries": []},
    ],
)
def test_an_answer_without_its_list_of_records_is_refused_after_retries(amazon, api, body):
    amazon.on("GET", PATH, Reply(200, body, UNLIMITED))
    with pytest.raises(errors.BadAnswer, match=r"lacks payload\.inventorySummaries"):
        list(walk(api))
    assert len(amazon.calls(PATH)) == api.policy.attempts


def test_a_passing_malformed_answer_loses_no_page(amazon, api):
    amazon.on("GET", PATH, page(["a"], "t1"), Reply(200, {"payload": {}}, UNLIMITED), page(["b"]))
    assert skus(walk(api)) == ["a", "b"]
    assert tokens_sent(amazon) == [None, "t1", "t1"]


@pytest.mark.parametrize("token", [{"value": "t"}, ["t"], 7, True])
def test_a_token_that_is_no_text_is_refused(amazon, api, token):
    amazon.on("GET", PATH, page(["a"], token))
    with pytest.raises(errors.BadAnswer, match="getInventorySummaries .* the next page's token is not a string but"):
        list(walk(api))


@pytest.mark.parametrize(
    "answer",
    [
        {"pagination": {"nextToken": "t"}},
        {"nextToken": "t"},
        {"payload": {"nextToken": "t"}},
        {"payload": {"pagination": {"nextToken": "t"}}},
    ],
)
def test_the_token_is_found_wherever_amazons_apis_put_it(answer):
    assert next_token(answer) == "t"


def test_a_slow_consumer_does_not_age_the_tokens(amazon, api):
    """Tokens of getInventorySummaries expire after 30 seconds, here after 0.25; the caller takes longer for each page."""
    ShortLivedTokens(amazon, pages=5, seconds=0.25)
    pages = []
    for result in walk(api):
        pages.append(result)
        time.sleep(0.3)
    assert skus(pages) == [f"SKU {number}" for number in range(5)]
    assert len(amazon.calls(PATH)) == 5, "no page was read twice"


def test_without_reading_ahead_the_same_consumer_never_finishes(amazon, api):
    ShortLivedTokens(amazon, pages=5, seconds=0.25)
    with pytest.raises(errors.PageTokenExpired):
        for _ in walk(api, LAZY):
            time.sleep(0.3)


def test_no_more_pages_are_read_ahead_than_the_operation_says(amazon, api):
    ShortLivedTokens(amazon, pages=9, seconds=30)
    pages = walk(api, replace(INVENTORY_SUMMARIES, read_ahead=2))
    for read in (3, 4, 5):
        next(pages)
        assert len(amazon.calls(PATH)) == read
    assert skus(pages) == [f"SKU {number}" for number in range(3, 9)]


def test_a_page_carries_amazons_own_count(amazon, api):
    amazon.on("GET", PATH, page(["a"], "t", count=7), page(["b"], count="?"))
    operation = replace(INVENTORY_SUMMARIES, total="count")
    assert [result.total for result in walk(api, operation)] == [7, None]
    amazon.on("GET", PATH, page(["a"], count=7))
    assert [result.total for result in walk(api)] == [None]


def test_a_token_that_must_be_the_only_parameter_is(amazon, api):
    reports = "/reports/2021-06-30/reports"
    operation = PagedOperation("getReports", "reports", identity=("reportId",), token_alone=True)
    amazon.on(
        "GET", reports, Reply(200, {"reports": [{"reportId": "1"}], "nextToken": "t"}), Reply(200, {"reports": []})
    )
    assert len(list(operation.pages(api, reportTypes=["GET_X"], pageSize=100))) == 2
    assert [call.query for call in amazon.calls(reports)] == [
        {"reportTypes": ["GET_X"], "pageSize": ["100"]},
        {"nextToken": ["t"]},
    ]


def test_half_a_character_in_an_id_does_not_end_the_walk():
    """JSON may hold a lone surrogate. One in a single SKU ended the whole table; now its record is set aside."""
    guard = PageGuard("searchListingsItems", "A1")
    guard.check(None, ["SKU-\ud83d"])
    guard.check(None, ["SKU-1"])
