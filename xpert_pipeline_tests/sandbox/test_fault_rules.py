"""When a fault strikes, whom, and how often; and which rules are refused because they would do nothing."""

import pytest

from xpert_pipeline.sandbox.app import build_faults
from xpert_pipeline.sandbox.faults import FaultKind, FaultRule, Faults, Targets
from xpert_pipeline_tests.sandbox.client import Client

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
SINCE = "2026-01-01T00:00:00Z"


def test_a_fault_stays_on_until_it_is_switched_off(client):
    client.fault("500-json")
    assert [client.get(PARTICIPATIONS).status_code for _ in range(3)] == [500] * 3
    client.http.delete("/_sandbox/faults")
    assert client.get(PARTICIPATIONS).status_code == 200


def test_a_fault_can_be_for_one_operation_and_one_seller(new_sandbox):
    client = new_sandbox(sellers=2, days=1)
    other = Client(client.running, "Atzr|sandbox-2")
    client.fault("500-json", operation="getMarketplaceParticipations", seller=other.seller_id)
    assert client.get(PARTICIPATIONS).status_code == 200
    assert other.orders_page(createdAfter=SINCE).status_code == 200
    assert other.get(PARTICIPATIONS).status_code == 500
    other.http.close()


def test_a_fault_can_wait_and_can_strike_by_chance(client):
    client.fault("500-json", 1, skip=2)
    assert [client.get(PARTICIPATIONS).status_code for _ in range(4)] == [200, 200, 500, 200]
    client.fault("503-empty", chance=0.5)
    first = [client.get(PARTICIPATIONS).status_code for _ in range(30)]
    client.http.delete("/_sandbox/faults")
    client.fault("503-empty", chance=0.5)
    assert [client.get(PARTICIPATIONS).status_code for _ in range(30)] == first
    assert set(first) == {200, 503}


def test_the_state_of_faults_can_be_read(client):
    client.fault("500-json", 2)
    client.get(PARTICIPATIONS)
    state = client.http.get("/_sandbox/faults").json()
    assert state == [{"name": "500-json", "left": 1, "operation": None, "seller": None, "struck": 1}]


@pytest.mark.parametrize(
    "fault",
    [
        [],
        {},
        {"name": "no-such"},
        {"name": "500-json", "count": 0},
        {"name": "500-json", "often": 1},
        {"name": "500-json", "operation": "getEverything"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(client, fault):
    answer = client.http.post("/_sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert client.http.get("/_sandbox/faults").json() == []


@pytest.mark.parametrize(
    "word", ["nonsense", "500-json:many", "500-json:0", "500-json@0", "500-json@x", "500-json@2", "500-json+x"]
)
def test_the_command_line_refuses_a_malformed_or_unknown_fault(word):
    with pytest.raises(ValueError, match="fault"):
        build_faults([word], ["A"])


def test_the_command_line_names_a_seller_by_its_place_and_lets_requests_pass():
    rule = FaultRule.parse("500-json@2+1:3", ["A", "B"])
    assert (rule.seller, rule.skip, rule.left) == ("B", 1, 3)
    assert not rule.fits("searchOrders", "A")


def test_two_faults_in_one_place_strike_one_after_the_other():
    faults = build_faults(["500-json:1", "502-html:1"])
    assert [faults.first("call", "x", None) for _ in range(3)] == ["500-json", "502-html", None]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {"name": "repeated-token", "operation": "getOrder"},
            "fault repeated-token would do nothing to getOrder: it strikes searchListingsItems, ",
        ),
        ({"name": "unknown-status", "operation": "searchListingsItems"}, "it strikes searchOrders, getOrder, "),
        ({"name": "truncated-gzip", "operation": "getReportDocument"}, "it strikes downloadDocument; the content of "),
        ({"name": "report-stuck", "operation": "getReport"}, "it strikes createReport"),
        ({"name": "500-json", "operation": "requestAccessToken"}, "would do nothing to requestAccessToken"),
        ({"name": "500-json", "operation": "getEverything"}, "there is no operation 'getEverything'; there are: "),
        ({"name": "500-json", "seller": "nobody"}, "fault 500-json would do nothing: there is no seller nobody"),
        ({"name": "economics-restated", "operation": "createQuery"}, "it strikes the content of economics"),
        ({"name": "economics-restated", "count": 3}, "it takes no count, skip or chance"),
    ],
)
def test_a_fault_that_would_do_nothing_is_refused_and_the_message_names_what_it_can_strike(client, fault, message):
    answer = client.http.post("/_sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert client.http.get("/_sandbox/faults").json() == []


def test_a_fault_whose_place_nothing_has_is_refused():
    kinds = {"late-parcel": FaultKind("late-parcel", "parcels", "a parcel comes late")}
    with pytest.raises(ValueError, match="would do nothing: it can strike no operation, report or dataset"):
        Faults(kinds, {"parcels": Targets()}).add(FaultRule("late-parcel"))


def test_a_fault_of_the_command_line_that_would_do_nothing_is_refused_at_start(new_sandbox):
    with pytest.raises(ValueError, match="there is no seller 2"):
        new_sandbox(faults=("500-json@2",), days=1)
    with pytest.raises(ValueError, match="it takes no count, skip or chance"):
        new_sandbox(faults=("economics-restated:1",), days=1)
