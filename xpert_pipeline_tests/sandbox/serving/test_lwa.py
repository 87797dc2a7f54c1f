"""Login with Amazon: the tokens it issues, and how it refuses."""

import pytest

FORM = {
    "grant_type": "refresh_token",
    "refresh_token": "Atzr|anything",
    "client_id": "any",
    "client_secret": "any",
}


def ask(client, form, **rest):
    return client.http.post("/auth/o2/token", **({"data": form} | rest))


def test_any_credentials_belong_to_the_first_seller(client):
    answer = ask(client, FORM)
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["refresh_token"] == FORM["refresh_token"]
    assert body["access_token"].startswith("Atza|")
    participations = client.call("GET", "/sellers/v1/marketplaceParticipations", token=body["access_token"])
    assert participations.status_code == 200


def test_every_seller_has_its_own_refresh_token(new_sandbox):
    client = new_sandbox(sellers=3, days=1)
    listed = client.http.get("/_sandbox/sellers").json()
    assert [entry["refresh_token"] for entry in listed] == ["Atzr|sandbox-1", "Atzr|sandbox-2", "Atzr|sandbox-3"]
    assert len({entry["seller_id"] for entry in listed}) == 3
    for entry in listed:
        token = ask(client, FORM | {"refresh_token": entry["refresh_token"]}).json()["access_token"]
        path = f"/listings/2021-08-01/items/{entry['seller_id']}?marketplaceIds={entry['marketplace_id']}"
        assert client.call("GET", path, token=token).status_code == 200


def test_a_seller_cannot_read_anothers_listings(new_sandbox):
    client = new_sandbox(sellers=2, days=1)
    other = client.http.get("/_sandbox/sellers").json()[1]["seller_id"]
    answer = client.get(f"/listings/2021-08-01/items/{other}", marketplaceIds="A21TJRUUN4KGV")
    assert answer.status_code == 403


def test_tokens_expire_earlier_when_time_runs_faster(new_sandbox):
    assert new_sandbox(days=1, rate_scale=10).log_in().json()["expires_in"] == 360
    assert new_sandbox(days=1, rate_scale=1000).log_in().json()["expires_in"] == 60


def test_a_grantless_token_opens_no_sellers_data(client):
    form = {"grant_type": "client_credentials", "scope": "x", "client_id": "any", "client_secret": "any"}
    answer = ask(client, form).json()
    assert "refresh_token" not in answer
    refused = client.call("GET", "/sellers/v1/marketplaceParticipations", token=answer["access_token"])
    assert refused.status_code == 403


@pytest.mark.parametrize("missing", ["grant_type", "refresh_token", "client_id", "client_secret"])
def test_a_missing_parameter_is_named(client, missing):
    answer = ask(client, {name: value for name, value in FORM.items() if name != missing})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.json()["error_description"] == f"The request is missing a required parameter : {missing}"


def test_another_grant_type_is_not_supported(client):
    answer = ask(client, FORM | {"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_json_is_not_accepted_as_a_form(client):
    answer = ask(client, None, json=FORM, data=None)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [("lwa-invalid-grant", 400, "invalid_grant"), ("lwa-invalid-client", 401, "invalid_client")],
)
def test_refused_credentials(client, fault, status, error):
    client.fault(fault, 1)
    answer = ask(client, FORM)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ask(client, FORM).status_code == 200


def test_the_token_endpoint_can_be_down_in_html(client):
    client.fault("lwa-503-html", 1)
    answer = ask(client, FORM)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
