"""A seller authorizes the application in the browser: the sandbox stands in for Amazon's consent page."""

import html
import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from xpert_pipeline.cli.services import free_port
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline_tests.conftest import KEY

APP = "amzn1.sp.solution.11111111-2222-3333-4444-555555555555"


class Browser:
    """Visits the page while the command waits, as a seller does."""

    def __init__(self, port):
        self.home = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(trust_env=False, timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def open(self):
        """The first page, as soon as it is there."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.client.get(self.home)
            except httpx.ConnectError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def link(self):
        return html.unescape(re.search(r'class="button" rel="noreferrer" href="([^"]+)"', self.open().text)[1])

    def consent(self, seller, link=None):
        """Confirm on Amazon's page; return the address to which it sends the browser."""
        link = link or self.link()
        shown = self.client.get(link)
        assert shown.status_code == 200, shown.text
        assert seller in shown.text
        answer = self.client.post(link, data={"seller": seller})
        assert answer.status_code == 302
        return answer.headers["location"]

    def get(self, address):
        return self.client.get(address)

    def paste(self, address, **headers):
        return self.client.post(f"{self.home}/paste", data={"address": address}, headers=headers)


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def authorize(xpert, amazon, port):
    """Runs the command, and a visit in another thread; returns what the command printed and the visit returned."""

    def run(visit, *options, marketplace="IN", minutes="0.5", **environ):
        ready = amazon(sellers=2)
        settings = {
            **{
                name: value for name, value in ready.items() if name not in ("AMAZON_REFRESH_TOKEN", "AMAZON_SELLER_ID")
            },
            "AMAZON_MARKETPLACE_IDS": "",
            "AMAZON_APP_ID": APP,
            "AMAZON_REDIRECT_URI": f"http://127.0.0.1:{port}/callback",
            "SP_API_SELLER_CENTRAL_URL": amazon.sandbox.endpoint,
            **environ,
        }
        words = ("sellers", "authorize", "--marketplace", marketplace, "--wait-minutes", minutes, *options)
        with Browser(port) as browser, ThreadPoolExecutor() as threads:
            found = threads.submit(visit, browser)
            done = xpert(*words, **settings)
            return done, found.result(60)

    return run


def names(amazon):
    return list(amazon.sandbox.state.worlds)


def test_a_consent_is_exchanged_verified_and_stored(authorize, amazon, pool):
    def visit(browser):
        _, second = names(amazon)
        return browser.get(browser.consent(second))

    done, page = authorize(visit, "--name", "Second shop")
    assert (done.exit_code, page.status_code) == (0, 200), done.stderr
    _, second = names(amazon)
    assert f"Seller {second} (Amazon.in) authorized the application, and Amazon confirmed the account." in done.stdout
    assert "The account is connected" in page.text
    book = SellerBook(pool, KEY)
    (seller,) = book.all()
    assert (seller.amazon_seller_id, seller.name, seller.status) == (second, "Second shop", "active")
    assert book.refresh_token(seller.id) == amazon.sandbox.state.access_tokens.refresh_token(second)
    for text in (done.output, page.text):
        assert "Atzr|" not in text
        assert "spapi_oauth_code" not in text


def test_the_link_is_amazons_consent_page_with_everything_it_needs(authorize, amazon):
    def visit(browser):
        link = browser.link()
        browser.get(browser.consent(names(amazon)[0], link))
        return link

    for options, version in (((), None), (("--draft",), ["beta"])):
        done, link = authorize(visit, *options)
        assert done.exit_code == 0
        values = parse_qs(urlsplit(link).query)
        assert urlsplit(link).path == "/apps/authorize/consent"
        assert values["application_id"] == [APP]
        assert values["redirect_uri"][0].endswith("/callback")
        assert values.get("version") == version
        assert len(values["state"][0]) > 40


def test_a_foreign_state_is_refused_and_the_seller_can_begin_again(authorize, amazon, pool):
    """Otherwise another page could connect its own account here."""

    def visit(browser):
        address = browser.consent(names(amazon)[0])
        foreign = re.sub(r"state=[^&]+", "state=foreign", address)
        return browser.get(foreign), browser.get(address), SellerBook(pool).all()

    done, (refused, accepted, stored) = authorize(visit)
    assert refused.status_code == 400
    assert "does not belong to this request" in refused.text
    assert (accepted.status_code, done.exit_code) == (200, 0)
    assert len(stored) == 1


def test_an_address_can_be_pasted_if_the_redirect_uri_leads_elsewhere(xpert, authorize, amazon, port, monkeypatch):
    monkeypatch.setattr("xpert_pipeline.cli.sellers.authorizing.free_port", lambda: port)

    def visit(browser):
        address = browser.consent(names(amazon)[1])
        assert address.startswith("https://shop.example/amazon?")
        return browser.paste("https://shop.example/amazon"), browser.paste(address)

    done, (incomplete, accepted) = authorize(visit, AMAZON_REDIRECT_URI="https://shop.example/amazon")
    assert incomplete.status_code == 400
    assert "the address lacks state, selling_partner_id, spapi_oauth_code" in incomplete.text
    assert (accepted.status_code, done.exit_code) == (200, 0)
    assert "Amazon will send the browser to shop.example: paste the address" in done.stdout


def test_a_code_is_good_for_one_exchange(authorize, amazon, pool):
    def visit(browser):
        address = browser.consent(names(amazon)[0])
        code = parse_qs(urlsplit(address).query)["spapi_oauth_code"][0]
        amazon.sandbox.state.codes.issued.pop(code)
        return browser.get(address), browser.get(browser.consent(names(amazon)[0]))

    done, (refused, accepted) = authorize(visit)
    assert refused.status_code == 400
    assert "A code is valid for five minutes and once: begin again" in refused.text
    assert (accepted.status_code, done.exit_code) == (200, 0)


def test_an_account_that_does_not_sell_in_the_marketplace_is_not_stored(authorize, amazon, pool):
    def visit(browser):
        return browser.get(browser.consent(names(amazon)[0]))

    done, page = authorize(visit, marketplace="GB", minutes="0.2")
    assert page.status_code == 400
    assert "the account does not sell on Amazon.co.uk" in html.unescape(page.text)
    assert done.exit_code == 3
    assert "no consent came within 0.2 minutes" in done.stderr
    assert SellerBook(pool).all() == []


def test_a_merchant_id_of_another_account_is_not_stored(authorize, amazon, pool):
    """The redirect names the merchant; a changed name must not get another account's orders."""

    def visit(browser):
        first, second = names(amazon)
        refused = browser.get(browser.consent(first).replace(first, second))
        return refused, SellerBook(pool).all(), browser.get(browser.consent(first))

    done, (refused, stored, accepted) = authorize(visit)
    assert (refused.status_code, stored) == (400, [])
    assert "was not stored" in refused.text
    assert (accepted.status_code, done.exit_code) == (200, 0)


def test_other_pages_and_names_cannot_use_the_page(authorize, amazon):
    def visit(browser):
        address = browser.consent(names(amazon)[0])
        foreign = browser.client.get(browser.home, headers={"host": "evil.example"})
        posted = [browser.paste(address, origin=origin).status_code for origin in ("https://evil.example", "http://[")]
        browser.get(address)
        return foreign, posted

    done, (foreign, posted) = authorize(visit)
    assert (foreign.status_code, posted, done.exit_code) == (403, [403, 403], 0)


def test_the_consent_page_refuses_a_redirect_uri_that_is_no_address(authorize, amazon):
    """The sandbox answered 500."""

    def visit(browser):
        link = browser.link()
        browser.get(browser.consent(names(amazon)[0], link))
        return browser.get(re.sub("redirect_uri=[^&]+", "redirect_uri=http://[", link))

    _, refused = authorize(visit)
    assert refused.status_code == 400
    assert "the redirect URI does not match" in refused.text


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"AMAZON_APP_ID": ""}, "AMAZON_APP_ID is not set"),
        ({"AMAZON_REDIRECT_URI": "http://shop.example/callback"}, "AMAZON_REDIRECT_URI is not a usable URL"),
        ({"AMAZON_REDIRECT_URI": "http://127.0.0.1:8765/"}, "AMAZON_REDIRECT_URI needs a path of its own"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_served(xpert, amazon, environ, message):
    settings = {**amazon(), "AMAZON_REFRESH_TOKEN": "", "AMAZON_SELLER_ID": "", "AMAZON_APP_ID": APP, **environ}
    done = xpert("sellers", "authorize", "--marketplace", "IN", **settings)
    assert done.exit_code == 3
    assert message in " ".join(done.stderr.split())


def test_without_credentials_the_sandbox_stands_in_for_amazon(xpert, pipeline_dsn, monkeypatch, port, pool):
    monkeypatch.setattr("xpert_pipeline.cli.sellers.authorizing.free_port", lambda: port)

    def visit(browser):
        link = browser.link()
        seller = re.search(r'value="([A-Z0-9]+)"', browser.get(link).text)[1]
        return seller, browser.get(browser.consent(seller, link)).status_code

    with Browser(port) as browser, ThreadPoolExecutor() as threads:
        found = threads.submit(visit, browser)
        done = xpert("sellers", "authorize", "--marketplace", "IN", "--sandbox", DATABASE_URL=pipeline_dsn)
        seller, status = found.result(60)
    assert (done.exit_code, status) == (0, 200)
    assert f"Seller {seller} (Amazon.in) authorized the application" in done.stdout
    (stored,) = SellerBook(pool).all()
    assert (stored.amazon_seller_id, stored.is_sandbox) == (seller, True)


def test_amazons_page_refuses_what_amazon_refuses(make_sandbox):
    base = f"{make_sandbox().endpoint}/apps/authorize/consent"
    complete = {"application_id": APP, "state": "s", "redirect_uri": "https://shop.example/"}
    for name, code in (("application_id", "MD1000"), ("state", "state"), ("redirect_uri", "MD5101")):
        values = {**complete, name: ""}
        answer = httpx.get(f"{base}?{urlencode(values)}", trust_env=False)
        assert (answer.status_code, code in answer.text) == (400, True)
    assert httpx.get(f"{base}?{urlencode(complete)}", trust_env=False).status_code == 200
