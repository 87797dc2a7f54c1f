"""Addresses of Amazon's consent page, and what comes back from it."""

import pytest

from xpert_pipeline.spapi.authorization import ConsentRefused, consent_url, parse_consent, seller_central
from xpert_pipeline.spapi.marketplaces import MARKETPLACES


def test_every_marketplace_has_its_seller_central():
    """From Amazon's page "Seller Central URLs"."""
    found = {marketplace.country: seller_central(marketplace) for marketplace in MARKETPLACES}
    europe = "https://sellercentral-europe.amazon.com"
    assert {country for country, address in found.items() if address == europe} == {"ES", "GB", "FR", "DE", "IT"}
    assert found["IN"] == "https://sellercentral.amazon.in"
    assert found["US"] == "https://sellercentral.amazon.com"
    assert found["AU"] == "https://sellercentral.amazon.com.au"
    assert found["JP"] == "https://sellercentral.amazon.co.jp"
    assert found["BE"] == "https://sellercentral.amazon.com.be"


def test_values_are_encoded_in_the_address():
    address = consent_url(
        "https://sc.example/", application_id="a.b", state="s&t", redirect_uri="https://x/?y=1", is_draft=True
    )
    assert address == (
        "https://sc.example/apps/authorize/consent?application_id=a.b&state=s%26t"
        "&redirect_uri=https%3A%2F%2Fx%2F%3Fy%3D1&version=beta"
    )


def test_a_consent_shows_no_code_and_an_incomplete_address_is_refused():
    consent, state = parse_consent(
        " https://x/cb?state=s&selling_partner_id=A1&spapi_oauth_code=secret&mws_auth_token=z\n"
    )
    assert (consent.seller_id, consent.code, state) == ("A1", "secret", "s")
    assert "secret" not in repr(consent)
    with pytest.raises(ConsentRefused, match="lacks selling_partner_id") as caught:
        parse_consent("https://x/cb?state=s&spapi_oauth_code=secret")
    assert "secret" not in str(caught.value)
    with pytest.raises(ConsentRefused, match="is no merchant id"):
        parse_consent("https://x/cb?state=s&selling_partner_id=<b>&spapi_oauth_code=secret")
    with pytest.raises(ConsentRefused, match="that is no address"):
        parse_consent("http://[/?state=s&selling_partner_id=A1&spapi_oauth_code=secret")
