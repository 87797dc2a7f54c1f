"""Access tokens: many threads share one exchange, tokens are renewed in time, refusals are named and remembered."""

import threading
import time

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline_tests.spapi.scripted import TOKEN, Reply

REPORT = "/reports/2021-06-30/reports/7"
GOOD = Reply(200, {"reportId": "7"})


def ask(api):
    return api.call("getReport", "7", expects={"reportId": str})


def token(name, lives=3600):
    return Reply(200, {"access_token": f"Atza|{name}", "expires_in": lives})


def test_many_threads_cause_one_exchange(amazon, api):
    def slow(handler):
        time.sleep(0.2)
        token("one")(handler)

    amazon.on("POST", TOKEN, slow)
    threads = [threading.Thread(target=api.check_token) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(amazon.calls(TOKEN, "POST")) == 1


def test_the_exchange_sends_the_form_that_login_with_amazon_needs(amazon, api):
    api.check_token()
    (seen,) = amazon.calls(TOKEN, "POST")
    assert seen.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert (
        seen.body
        == b"grant_type=refresh_token&refresh_token=Atzr%7Crefresh&client_id=app-id&client_secret=s3cr3t-canary"
    )


def test_a_token_is_renewed_before_it_expires(amazon, api):
    amazon.on("POST", TOKEN, token("short", 1), token("long"))
    amazon.on("GET", REPORT, GOOD)
    ask(api)
    ask(api)
    time.sleep(0.6)
    ask(api)
    assert [call.headers["x-amz-access-token"] for call in amazon.calls(REPORT)] == [
        "Atza|short",
        "Atza|short",
        "Atza|long",
    ]


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, "invalid_grant", errors.ReauthRequired),
        (400, "unauthorized_client", errors.ReauthRequired),
        (401, "invalid_client", errors.AppCredentialsRefused),
        (400, "invalid_request", errors.BadRequest),
    ],
)
def test_a_refusal_of_login_with_amazon_is_final_and_remembered(amazon, api, status, error, expected):
    amazon.on("POST", TOKEN, Reply(status, {"error": error, "error_description": "User may have revoked it"}))
    amazon.on("GET", REPORT, GOOD)
    for _ in range(3):
        with pytest.raises(expected, match="User may have revoked it"):
            ask(api)
    assert len(amazon.calls(TOKEN, "POST")) == 2, "the second request confirms the first refusal"
    assert amazon.calls(REPORT) == []


@pytest.mark.parametrize("error", ["invalid_grant", "unauthorized_client", "invalid_client", "invalid_request"])
def test_a_single_refusal_of_login_with_amazon_is_not_believed(amazon, make_api, error):
    """A single invalid_grant made a seller `reauth_required`, and its schedule stopped."""
    api = make_api()
    amazon.on("POST", TOKEN, Reply(400, {"error": error}), token("short", 1), Reply(400, {"error": error}), token("b"))
    amazon.on("GET", REPORT, GOOD)
    assert ask(api) == {"reportId": "7"}
    time.sleep(0.6)
    assert ask(api) == {"reportId": "7"}, "a success in between makes the next refusal a first one"
    assert len(amazon.calls(TOKEN, "POST")) == 4


def test_threads_that_meet_the_same_first_refusal_do_not_confirm_it_for_each_other(amazon, make_api):
    """The second of two threads would confirm within a millisecond what the first one had just met."""
    api = make_api(policy=RetryPolicy(base_seconds=0.5))
    amazon.on("POST", TOKEN, Reply(400, {"error": "invalid_grant"}), token("good"))
    threads = [threading.Thread(target=api.check_token) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    api.check_token()
    assert len(amazon.calls(TOKEN, "POST")) == 2


def test_a_refusal_is_known_before_quota_is_spent(amazon, api):
    amazon.on("POST", TOKEN, Reply(400, {"error": "invalid_grant"}))
    before = api.level("searchOrders")
    with pytest.raises(errors.ReauthRequired):
        api.call("searchOrders", expects={"orders": list}, marketplaceIds=["A21TJRUUN4KGV"])
    assert api.level("searchOrders") == before


@pytest.mark.parametrize(
    "reply",
    [
        Reply(503, b"<html>busy</html>"),
        Reply(429, b""),
        Reply(500, {"error": "server_error"}),
        Reply(200, b'{"access_token": "Atza|cu'),
        Reply(200, {"token_type": "bearer"}),
        Reply(200, {"access_token": "two\r\nheaders", "expires_in": 3600}),
    ],
    ids=["html", "429", "500", "cut", "no token", "header injection"],
)
def test_a_passing_failure_of_login_with_amazon_is_retried(amazon, api, reply):
    amazon.on("POST", TOKEN, reply, reply, token("good"))
    amazon.on("GET", REPORT, GOOD)
    assert ask(api) == {"reportId": "7"}
    assert len(amazon.calls(TOKEN, "POST")) == 3


def test_a_lifetime_that_is_no_number_is_an_error_that_names_the_seller(amazon, api):
    amazon.on("POST", TOKEN, token("one", lives="soon"))
    with pytest.raises(
        errors.BadAnswer, match=f"token exchange for seller {api.seller_id}: expires_in is not a number"
    ):
        api.check_token()


@pytest.mark.parametrize("first_use", ["check_token", "server_now"])
def test_the_first_token_is_retried_whatever_needs_it(amazon, api, first_use):
    """The server's time was fetched outside the retry, so one 503 of the token endpoint failed a sync."""
    amazon.on("POST", TOKEN, Reply(503, b"<html>busy</html>"), token("good"))
    getattr(api, first_use)()
    assert len(amazon.calls(TOKEN, "POST")) == 2


def test_login_with_amazon_staying_down_is_transient(amazon, api):
    amazon.on("POST", TOKEN, Reply(503, b"<html>busy</html>"))
    with pytest.raises(errors.Transient) as caught:
        ask(api)
    assert caught.value.operation == "token exchange"
    assert len(amazon.calls(TOKEN, "POST")) == 5


def test_a_redirecting_token_endpoint_is_refused(amazon, api):
    amazon.on("POST", TOKEN, Reply(302, b"", {"Location": "http://127.0.0.1:9/"}))
    with pytest.raises(errors.RedirectRefused):
        api.check_token()


def test_two_sellers_with_one_refresh_token_share_nothing(amazon, make_api):
    """The library's cache uses the refresh token alone as its key, and has room for ten."""
    amazon.on("POST", TOKEN, *(token(n) for n in range(12)))
    amazon.on("GET", REPORT, GOOD)
    for n in range(12):
        ask(make_api(seller_id=f"S{n}"))
    assert [call.headers["x-amz-access-token"] for call in amazon.calls(REPORT)] == [f"Atza|{n}" for n in range(12)]


@pytest.mark.parametrize("blank", ["secret", "refresh_token", "seller_id"])
def test_a_blank_credential_is_refused_and_never_filled_from_the_environment(make_api, monkeypatch, blank):
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", "Atzr|somebody-elses")
    monkeypatch.setenv("LWA_CLIENT_SECRET", "somebody-elses")
    with pytest.raises(ValueError, match="blank"):
        make_api(**{blank: " "})
