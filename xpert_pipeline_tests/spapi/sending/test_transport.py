"""Requests go to no other host, through no proxy and never unencrypted, and no connection stays open."""

import time
from pathlib import Path

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline_tests.spapi.one_report import GOOD, REPORT, get_report
from xpert_pipeline_tests.spapi.scripted import (
    Reply,
    Scripted,
)


def test_a_redirect_is_refused_and_no_token_follows_it(amazon, api):
    elsewhere = Scripted()
    try:
        amazon.on("GET", REPORT, Reply(302, b"", {"Location": elsewhere.url + REPORT}))
        with pytest.raises(errors.RedirectRefused):
            get_report(api)
        assert elsewhere.seen == []
        assert len(amazon.calls(REPORT)) == 1
    finally:
        elsewhere.stop()


def test_a_closed_port_is_a_transient_error_that_names_the_host(amazon, make_api):
    api = make_api(endpoint="http://127.0.0.1:9")
    with pytest.raises(errors.Transient, match=r"cannot connect to 127\.0\.0\.1:9") as caught:
        get_report(api)
    assert not caught.value.ambiguous


def test_tokens_are_never_sent_unencrypted(make_api):
    with pytest.raises(ValueError, match="neither https nor this machine"):
        make_api(endpoint="http://sellingpartnerapi-eu.amazon.com")


def test_the_host_header_names_the_loopback_server_and_its_port(amazon, api):
    """The library sends `27.0.0.1:8099` to a plain http endpoint."""
    amazon.on("GET", REPORT, GOOD)
    get_report(api)
    assert amazon.calls(REPORT)[0].headers["host"] == amazon.url.removeprefix("http://")
    assert amazon.calls(REPORT)[0].query == {}


@pytest.mark.parametrize("value", ["US", "NOWHERE"])
def test_the_librarys_marketplace_variable_has_no_effect(amazon, make_api, monkeypatch, value):
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", value)
    amazon.on("GET", REPORT, GOOD)
    assert get_report(make_api())["reportId"] == "7"


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense"])
def test_a_proxy_of_the_environment_is_not_used_for_this_machine(amazon, make_api, monkeypatch, proxy):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    amazon.on("GET", REPORT, GOOD)
    assert get_report(make_api())["reportId"] == "7"


def _target(link):
    try:
        return str(link.readlink())
    except OSError:
        return "gone"


def test_many_clients_leave_no_open_file(amazon, make_api):
    amazon.on("GET", REPORT, GOOD)

    def use():
        with make_api() as api:
            get_report(api)

    def sockets():
        return sum(_target(value).startswith("socket:") for value in Path("/proc/self/fd").iterdir())

    use()
    time.sleep(0.2)
    before = sockets()
    for _ in range(100):
        use()
    time.sleep(0.5)
    assert sockets() <= before + 2
