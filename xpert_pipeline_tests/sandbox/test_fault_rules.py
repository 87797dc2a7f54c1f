"""When a fault strikes, whom, and how often: how rules are told, read and refused."""

import pytest

from xpert_pipeline.sandbox.faults import FaultRule, Faults
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
    "asked",
    [
        [],
        {},
        {"name": "no-such"},
        {"name": "500-json", "count": 0},
        {"name": "500-json", "often": 1},
        {"name": "500-json", "operation": "getEverything"},
    ],
)
def test_a_fault_without_sense_is_refused(client, asked):
    answer = client.http.post("/_sandbox/faults", json=asked)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert client.http.get("/_sandbox/faults").json() == []


@pytest.mark.parametrize(
    "word", ["nonsense", "500-json:many", "500-json:0", "500-json@0", "500-json@x", "500-json@2", "500-json+x"]
)
def test_the_command_line_refuses_what_is_no_fault(word):
    with pytest.raises(ValueError, match="fault"):
        FaultRule.parse(word, ["A"])


def test_the_command_line_names_a_seller_by_its_place_and_lets_requests_pass():
    rule = FaultRule.parse("500-json@2+1:3", ["A", "B"])
    assert (rule.seller, rule.skip, rule.left) == ("B", 1, 3)
    assert not rule.fits("searchOrders", "A")


def test_two_faults_of_one_place_strike_one_after_the_other():
    faults = Faults([FaultRule("500-json", 1), FaultRule("502-html", 1)])
    assert [faults.first("call", "x", None) for _ in range(3)] == ["500-json", "502-html", None]
