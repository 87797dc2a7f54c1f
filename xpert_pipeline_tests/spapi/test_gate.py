"""Every request passes one gate: these are the faults that it must survive or name, and the waits that it must make."""

import logging
import threading
import time

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.sending.confirming import Doubts
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline_tests.spapi.one_report import GOOD, REPORT, get_report
from xpert_pipeline_tests.spapi.scripted import (
    TOKEN,
    Reply,
    cut_without_length,
    drip,
    refusal,
    reset,
)

HTML = b"<html><body>503 Service Unavailable</body></html>"


class Ear:
    def __init__(self):
        self.waits = []
        self.answers = []

    def waiting(self, operation, seconds, reason):
        self.waits.append((operation, seconds, reason))

    def called(self, operation, status, seconds):
        assert seconds >= 0
        self.answers.append((operation, status))


def test_a_429_waits_for_the_bucket_then_succeeds(amazon, make_api):
    ear = Ear()
    api = make_api(listener=ear)
    amazon.on("GET", REPORT, refusal(429, "QuotaExceeded"), GOOD)
    start = time.monotonic()
    assert get_report(api)["processingStatus"] == "DONE"
    assert time.monotonic() - start >= 0.5  # one token at two per second
    assert ear.answers == [("getReport", 429), ("getReport", 200)]
    assert ear.waits
    assert all(reason == "quota" for _, _, reason in ear.waits)
    assert api.waited_seconds["getReport"] >= 0.5
    assert api.calls == {"getReport": 2}
    assert api.spent().calls == 2


@pytest.mark.parametrize("reply", [refusal(429), Reply(429, b""), Reply(429, HTML)], ids=["json", "empty", "html"])
def test_five_429s_are_a_throttled_error_and_no_sixth_call(amazon, make_api, reply):
    api = make_api(quota=LocalQuota())
    amazon.on("GET", REPORT, Reply(200, GOOD.body, {"x-amzn-RateLimit-Limit": "50"}), reply)
    get_report(api)
    with pytest.raises(errors.Throttled):
        get_report(api)
    assert len(amazon.calls(REPORT)) == 1 + 5


def test_a_429_empties_the_bucket_for_every_caller_of_the_quota(amazon, make_api):
    quota = LocalQuota(lambda: 0.0)
    one, other = make_api(quota=quota), make_api(quota=quota)
    amazon.on("GET", REPORT, GOOD, refusal(429), GOOD)
    get_report(one)
    assert other.level("getReport") > 13
    threading.Timer(0.3, one.stop).start()
    with pytest.raises(errors.Stopped):
        get_report(one)
    assert other.level("getReport") == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    "body", [b'{"errors":[{"code":"InternalFailure","message":"try again"}]}', HTML, b"", b'{"message":"timed out"}']
)
def test_server_failures_are_never_an_empty_success(amazon, api, status, body):
    """The library returns `{}` without an exception for all but the first of these bodies."""
    amazon.on("GET", REPORT, Reply(status, body))
    with pytest.raises(errors.Transient) as caught:
        get_report(api)
    assert caught.value.status == status
    assert len(amazon.calls(REPORT)) == 5


def test_a_passing_failure_is_retried(amazon, api):
    amazon.on("GET", REPORT, Reply(503, HTML), reset, Reply(500, b""), GOOD)
    assert get_report(api)["reportId"] == "7"


@pytest.mark.parametrize(
    "reply",
    [
        cut_without_length(b'{"reportId": "7", "processingSt'),
        Reply(200, HTML),
        Reply(200, b""),
        Reply(200, []),
        Reply(200, {}),
        Reply(200, {"reportId": 7, "processingStatus": "DONE"}),
        Reply(200, b'{"reportId": "7", "processingStatus": "DONE", "x": NaN}'),
        Reply(200, b"[" * 100_000),
        Reply(200, {"reportId": "7", "processingStatus": "DONE", "errors": [{"code": "X", "message": "part failed"}]}),
    ],
    ids=["cut", "html", "empty", "list", "nothing", "wrong type", "nan", "deep", "partial"],
)
def test_a_good_status_with_a_wrong_body_is_a_bad_answer(amazon, api, reply):
    amazon.on("GET", REPORT, reply)
    with pytest.raises(errors.BadAnswer):
        get_report(api)
    assert len(amazon.calls(REPORT)) == 5


@pytest.mark.parametrize(
    ("status", "message", "details", "expected"),
    [
        (400, "The input is not valid", "", errors.BadRequest),
        (413, "too large", "", errors.BadRequest),
        (415, "what?", "", errors.BadRequest),
        (404, "Resource not found", "", errors.NotFound),
    ],
)
def test_refusals_that_waiting_cannot_mend_are_sent_once(amazon, api, status, message, details, expected):
    amazon.on("GET", REPORT, refusal(status, "Code", message, details, **{"x-amzn-RequestId": "rid-1"}))
    assert_refused(api, expected)
    assert len(amazon.calls(REPORT)) == 1


STANDING = [
    ("Access to requested resource is denied.", "", errors.NotGranted),
    ("Denied.", "The marketplaces you provided are not valid for region.", errors.WrongRegion),
    ("Denied.", "The LWA secret token you provided has expired.", errors.AppCredentialsRefused),
    ("Denied.", "The seller account is deactivated.", errors.SellerSuspended),
]


@pytest.mark.parametrize(("message", "details", "expected"), STANDING)
def test_a_refusal_that_concerns_the_seller_is_believed_when_it_is_repeated(amazon, api, message, details, expected):
    amazon.on("GET", REPORT, refusal(403, "Code", message, details, **{"x-amzn-RequestId": "rid-1"}))
    assert_refused(api, expected)
    assert len(amazon.calls(REPORT)) == 2
    assert_refused(api, expected)
    assert len(amazon.calls(REPORT)) == 3, "without a success in between it needs no confirmation again"


@pytest.mark.parametrize(("message", "details", "expected"), STANDING)
def test_a_single_refusal_among_good_answers_is_not_believed(amazon, api, message, details, expected):
    """One 403 among good answers made a table `not_granted`, and the run ended with exit code 0."""
    refused = refusal(403, "Code", message, details, **{"x-amzn-RequestId": "rid-1"})
    amazon.on("GET", REPORT, refused, GOOD, refused, refused, GOOD, refused)
    assert [get_report(api)["reportId"] for _ in range(2)] == ["7", "7"]
    assert len(amazon.calls(REPORT)) == 5
    assert_refused(api, expected)
    assert len(amazon.calls(REPORT)) == 8, "after a success it takes three refusals in a row"


def test_a_success_between_two_refusals_makes_the_second_one_a_first_one(amazon, api):
    denied = refusal(403, "Unauthorized", "Denied.", "", **{"x-amzn-RequestId": "rid-1"})
    amazon.on("GET", REPORT, denied, denied, GOOD, denied, GOOD)
    assert_refused(api, errors.NotGranted)
    assert [get_report(api)["reportId"] for _ in range(2)] == ["7", "7"]


def test_a_refused_request_waits_before_it_is_sent_again(amazon, make_api):
    api = make_api(policy=RetryPolicy(base_seconds=0.3))
    amazon.on("GET", REPORT, refusal(403, "Unauthorized", "Denied.", ""), GOOD)
    start = time.monotonic()
    get_report(api)
    assert time.monotonic() - start >= 0.3


def test_a_refusal_that_there_is_no_time_to_confirm_keeps_its_name(amazon, make_api):
    api = make_api(policy=RetryPolicy(attempts=1))
    amazon.on("GET", REPORT, refusal(403, "Unauthorized", "Denied.", "", **{"x-amzn-RequestId": "rid-1"}))
    assert_refused(api, errors.NotGranted)


@pytest.mark.parametrize("good", [True, False])
def test_a_refusal_on_the_last_try_is_confirmed_like_any_other(amazon, make_api, good):
    """After failures on all tries but the last, one invalid_grant was believed at once, and the seller was stopped."""
    api = make_api(policy=RetryPolicy(attempts=2, base_seconds=0.01))
    refused = Reply(400, {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter"})
    granted = Reply(200, {"access_token": "Atza|1", "expires_in": 3600})
    amazon.on("POST", TOKEN, Reply(503, b""), refused, granted if good else refused)
    amazon.on("GET", REPORT, GOOD)
    if good:
        assert get_report(api)["reportId"] == "7"
    else:
        with pytest.raises(errors.ReauthRequired):
            get_report(api)
    assert len(amazon.calls(TOKEN, "POST")) == 3


def test_a_refusal_that_the_deadline_leaves_unconfirmed_is_a_passing_failure(amazon, make_api):
    api = make_api(policy=RetryPolicy(base_seconds=60, deadline_seconds=5))
    amazon.on("GET", REPORT, refusal(403, "Unauthorized", "Denied.", ""))
    with pytest.raises(errors.Unconfirmed) as caught:
        get_report(api)
    assert "It is believed only if Amazon repeats it" in str(caught.value)


def test_a_request_can_doubt_further_refusals(amazon, api):
    doubts = Doubts((errors.NotFound,), repeats=3)
    missing = refusal(404, "NotFound", "Resource not found", **{"x-amzn-RequestId": "rid-1"})
    amazon.on("GET", REPORT, missing, missing, missing, GOOD, missing)
    assert get_report(api, doubts=doubts)["reportId"] == "7"
    assert_refused(api, errors.NotFound, doubts=doubts)
    assert len(amazon.calls(REPORT)) == 8
    assert_refused(api, errors.NotFound)
    assert len(amazon.calls(REPORT)) == 9


def assert_refused(api, expected, **options):
    with pytest.raises(expected) as caught:
        get_report(api, **options)
    assert type(caught.value) is expected
    assert "rid-1" in str(caught.value)
    assert "A1SELLER" in str(caught.value)
    assert caught.value.what_to_do in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        refusal(401, "Unauthorized", "Unauthorized"),
        refusal(403, "Unauthorized", "Denied.", "The access token you provided has expired."),
        refusal(403, "Unauthorized", "Denied.", "The access token you provided is revoked, malformed or invalid."),
    ],
)
def test_a_refused_token_is_renewed_once_and_the_request_repeated(amazon, api, reply):
    amazon.on("POST", TOKEN, *(Reply(200, {"access_token": f"Atza|{n}", "expires_in": 3600}) for n in (1, 2, 3)))
    amazon.on("GET", REPORT, reply, GOOD)
    assert get_report(api)["reportId"] == "7"
    assert [call.headers["x-amz-access-token"] for call in amazon.calls(REPORT)] == ["Atza|1", "Atza|2"]


def test_a_fresh_token_that_is_refused_too_is_an_error(amazon, api):
    amazon.on("GET", REPORT, refusal(403, "Unauthorized", "Denied.", "The access token you provided has expired."))
    with pytest.raises(errors.TokenRefused):
        get_report(api)
    assert len(amazon.calls(REPORT)) == 2


def test_a_dripping_body_hits_the_deadline(amazon, make_api):
    """With a read timeout alone, a byte now and then could block a run for hours."""
    api = make_api(policy=RetryPolicy(base_seconds=0.01, attempt_seconds=0.3, deadline_seconds=0.9))
    amazon.on("GET", REPORT, drip(30))
    start = time.monotonic()
    with pytest.raises(errors.Transient, match="deadline"):
        get_report(api)
    assert time.monotonic() - start < 20, "the body takes 30 seconds"


def test_waiting_for_quota_does_not_use_up_the_deadline(amazon, make_api):
    api = make_api(policy=RetryPolicy(base_seconds=0.01, deadline_seconds=0.4))
    amazon.on("GET", REPORT, refusal(429), refusal(429), GOOD)
    assert get_report(api)["reportId"] == "7"
    assert api.waited_seconds["getReport"] > 0.9


def test_amazons_rate_is_followed_up_and_down_and_nonsense_is_logged_once(amazon, api, caplog):
    replies = [
        Reply(200, GOOD.body, {"x-amzn-RateLimit-Limit": rate}) for rate in ("40", "5", "nan", "0", "-1", "much", "inf")
    ]
    amazon.on("GET", REPORT, *replies)
    rates = []
    with caplog.at_level(logging.WARNING):
        for _ in replies:
            get_report(api)
            rates.append(api.rate("getReport"))
    assert rates == [40, 5, 5, 5, 5, 5, 5]
    assert len([record for record in caplog.records if "is not a rate" in record.message]) == 1


def test_a_rate_on_a_refused_or_failed_answer_is_ignored(amazon, api):
    amazon.on("GET", REPORT, refusal(403, **{"x-amzn-RateLimit-Limit": "9"}))
    with pytest.raises(errors.NotGranted):
        get_report(api)
    assert api.rate("getReport") == 2
    amazon.on("GET", REPORT, refusal(404, **{"x-amzn-RateLimit-Limit": "9"}))
    with pytest.raises(errors.NotFound):
        get_report(api)
    assert api.rate("getReport") == 9


def test_a_long_wait_is_logged_with_its_reason_and_its_end(amazon, api, caplog):
    amazon.on("GET", "/orders/2026-01-01/orders", Reply(429, b""))
    threading.Timer(0.3, api.stop).start()
    with caplog.at_level(logging.INFO), pytest.raises(errors.Stopped):
        api.call("searchOrders", expects={"orders": list}, marketplaceIds=["A21TJRUUN4KGV"])
    (line,) = [record.message for record in caplog.records if "waits" in record.message]
    assert "searchOrders for seller A1SELLER waits 179 s for Amazon's quota, until" in line


def test_stop_wakes_a_request_that_waits_for_quota(amazon, api):
    amazon.on("GET", "/orders/2026-01-01/orders", Reply(429, b""))
    threading.Timer(0.2, api.stop).start()
    start = time.monotonic()
    with pytest.raises(errors.Stopped):
        api.call("searchOrders", expects={"orders": list}, marketplaceIds=["A21TJRUUN4KGV"])
    assert time.monotonic() - start < 60, "a token takes three minutes"


def test_no_secret_reaches_logs_errors_or_reprs(amazon, make_api, caplog):
    secrets = ["Atzr|canary-refresh", "canary-secret", "Atza|canary-access"]
    api = make_api(refresh_token=secrets[0], secret=secrets[1])
    amazon.on("POST", TOKEN, Reply(200, {"access_token": secrets[2], "expires_in": 3600}))
    amazon.on("GET", REPORT, GOOD, refusal(400, "Bad", f"token {secrets[2]}", f"for {secrets[0]}"))
    with caplog.at_level(logging.DEBUG):
        get_report(api)
        with pytest.raises(errors.BadRequest) as caught:
            get_report(api)
    amazon.on("POST", TOKEN, Reply(400, {"error": "invalid_grant", "error_description": f"{secrets[1]} {secrets[0]}"}))
    other = make_api(refresh_token=secrets[0], secret=secrets[1])
    with pytest.raises(errors.ReauthRequired) as denied:
        get_report(other)
    texts = [caplog.text, str(caught.value), repr(caught.value), str(denied.value), repr(api), repr(api.__dict__)]
    for secret in secrets:
        assert not any(secret in text for text in texts)
    assert amazon.url not in caplog.text  # httpx would log every address with its signature


def test_threads_share_one_seller_without_mixing_their_answers(amazon, api):
    ids = [str(n) for n in range(40)]
    for id_ in ids:
        reply = Reply(200, {"reportId": id_, "processingStatus": "DONE"}, {"x-amzn-RateLimit-Limit": "1000"})
        amazon.on("GET", f"/reports/2021-06-30/reports/{id_}", reply)
    answers = {}

    def ask(mine):
        for id_ in mine:
            answers[id_] = api.call("getReport", id_, expects={"reportId": str})["reportId"]

    threads = [threading.Thread(target=ask, args=(ids[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {id_: id_ for id_ in ids}
    assert len(amazon.calls(TOKEN, "POST")) == 1
