"""Secrets are removed from texts; ordinary words stay readable, whatever somebody has set as a secret."""

import pytest

from xpert_pipeline.spapi.sending.credentials import Credentials

REFRESH = "Atzr|IwEBIGabcdef"
SECRET = "amzn1.oa2-cs.v1.0123456789abcdef"
MESSAGE = "Client authentication failed for this application"


def redacted(text, secret=SECRET, refresh=REFRESH):
    return Credentials("amzn1.application-oa2-client.1", secret, refresh, "A1SELLER").redact(text)


@pytest.mark.parametrize("secret", ["a", "e", "ion", "fail", "failed"])
def test_a_short_secret_does_not_take_letters_out_of_words(secret):
    """With the client secret "a" a message became "Client [redacted]uthentic[redacted]tion f[redacted]iled"."""
    assert redacted(MESSAGE, secret=secret) == MESSAGE
    assert redacted(MESSAGE, refresh=secret) == MESSAGE


@pytest.mark.parametrize(
    "text",
    [
        "grant_type=refresh_token&client_secret=a&x=1",
        '{"client_secret": "a", "x": 1}',
        '{"client_secret":"a","x":1}',
        "client_secret=a",
    ],
)
def test_a_short_secret_is_removed_where_it_is_named(text):
    assert redacted(text, secret="a") == text.replace("client_secret=a", "client_secret=[redacted]").replace(
        '"a"', '"[redacted]"'
    )


@pytest.mark.parametrize("secret", [SECRET, "0f" * 32, "eight888"])
def test_a_real_secret_is_removed_wherever_it_occurs(secret):
    assert secret not in redacted(f"x{secret}y and {secret}, {REFRESH}", secret=secret)
    assert REFRESH not in redacted(f"token {REFRESH}.", secret=secret)


def test_another_sellers_secrets_are_removed_by_their_shape():
    other = "Atzr|other-token Atza|access amzn1.oa2-cs.v1.fedcba https://x.amazonaws.com/f?X-Amz-Signature=abc"
    assert redacted(other) == "[redacted] [redacted] [redacted] https://x.amazonaws.com/f?[redacted]"
