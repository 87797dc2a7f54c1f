"""The health of the account: one reading a day, past days without history, and a report that is not as it was."""

import io
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import dagster as dg
import pytest

from xpert_pipeline.assets.account import account_health
from xpert_pipeline.assets.account.account_health import ACCOUNT_HEALTH, RATES, parse_health
from xpert_pipeline.sandbox.marketplaces import EMIRATES
from xpert_pipeline.sandbox.world import health
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.spapi.documents.json_document import BadDocument
from xpert_pipeline.spapi.operations.seller_performance import METRICS, STATUSES, read_performance
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox
from xpert_pipeline_tests.sources.conftest import INDIA

__all__ = ["empty_pipeline", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
TABLE = "account_health"
REPORT = account_health.SOURCE.report
DAY = date(2026, 11, 5)
REQUESTED = Requested((market_of(INDIA),), frozenset((DAY,)))
CHECK = dg.AssetCheckKey(dg.AssetKey(TABLE), "account_is_in_good_health")


@pytest.fixture
def account(empty_pipeline, make_sandbox):
    """A pipeline that reads nothing but the health of a seller in two stores, whose days begin at different times and always have 24 hours."""
    empty_pipeline.sources = (account_health.SOURCE,)
    sandbox = make_sandbox(marketplaces=(INDIA, EMIRATES), days=25, orders_per_day=40, skus=20)
    empty_pipeline.serve(sandbox, onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, EMIRATES))
    return empty_pipeline


@pytest.fixture
def a_day_passes(admin):
    """Let everything that was asked and loaded so far have happened a day earlier."""

    def pass_():
        admin.execute(f"update {TABLE} set snapshot_date = snapshot_date - 1")
        admin.execute(
            "update loads set started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day', "
            "window_start = window_start - interval '1 day', window_end = window_end - interval '1 day'"
        )
        admin.execute(
            "update report_requests set asked_at = asked_at - interval '20 hours', "
            "window_start = window_start - interval '1 day'"
        )

    return pass_


def finding(pipeline):
    """What the table's own check says of the newest run."""
    return pipeline.instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])[
        CHECK
    ].event.dagster_event


def said_by_check(pipeline):
    evaluation = finding(pipeline).event_specific_data
    return evaluation.passed, evaluation.severity, str(evaluation.description) + str(evaluation.metadata)


def record(metrics=None, status="NORMAL", place=INDIA):
    return {
        "marketplaceId": place,
        STATUSES: [{"marketplaceId": place, "status": status}],
        METRICS: [{"marketplaceId": place, **(metrics or {})}],
    }


def rate(value, **others):
    return {"rate": Decimal(value), "status": "GOOD", "orderCount": 100, **others}


def parsed(given):
    signals = Counter()
    return parse_health(given, REQUESTED, signals), signals


def test_each_store_is_read_once_a_day_and_its_figures_are_those_of_the_sandbox(account):
    assert account.run().success
    assert account.differences(TABLE) == []
    rows = account.rows(TABLE)
    assert {row["marketplace_id"] for row in rows} == {INDIA, EMIRATES}
    assert any(row["late_shipment_pct"] for row in rows)
    assert account.calls("createReport") == 2
    again = account.run()
    assert (again.success, account.calls("createReport")) == (True, 2)
    assert account.rows(TABLE) == rows
    assert account.run(refetch=True).success
    assert account.calls("createReport") == 4


def test_past_days_have_no_history_and_ask_nothing(account):
    done = account.run(days=account.past_days[:3])
    assert (done.success, done.states[TABLE]) == (True, "no_history")
    assert account.calls("createReport") == 0
    assert account.rows(TABLE) == []


def test_the_history_grows_day_by_day(account, a_day_passes):
    assert account.run().success
    a_day_passes()
    assert account.run().success
    days = {(row["marketplace_id"], row["snapshot_date"]) for row in account.rows(TABLE)}
    assert len(days) == 4
    assert account.calls("createReport") == 4


def test_a_report_that_was_not_ready_belongs_to_the_day_on_which_it_was_asked_for(account, a_day_passes):
    """With one sync a day, a report that is always late would never be loaded."""
    account.fault("report-stuck", count=2)
    assert account.run_impatiently().success
    assert account.rows(TABLE) == []
    a_day_passes()
    for report in account.sandbox.state.reports.of(account.sellers[0]):
        report.seconds = 0.0
    assert account.run().success
    days = [(row["marketplace_id"], row["snapshot_date"]) for row in account.rows(TABLE)]
    assert len(days) == len(set(days)) == 4
    assert account.calls("createReport") == 4
    for place in (INDIA, EMIRATES):
        first, second = sorted(day for where, day in days if where == place)
        assert second - first == timedelta(days=1)


def test_faults_of_the_way_are_repaired(account):
    for name in ("truncated-gzip", "expired-document-url"):
        account.fault(name, count=1)
    account.fault("504-json", count=1, operation="createReport")
    account.run()
    account.mend()
    assert account.run().success
    assert account.differences(TABLE) == []


def test_a_bad_rate_is_a_warning_with_a_sentence(account, monkeypatch):
    monkeypatch.setattr(health, "JUDGED_FROM", 1)
    monkeypatch.setattr(health, "LATE_SECONDS", 0)
    assert account.run(checks=True).success
    passed, severity, text = said_by_check(account)
    assert (passed, severity) == (False, dg.AssetCheckSeverity.WARN)
    assert f"{INDIA}: the account is NORMAL" in text
    assert "These rates miss Amazon's target: late shipments 100.00 percent" in text


def test_a_healthy_account_passes(account):
    assert account.run(checks=True).success
    passed, _, text = said_by_check(account)
    assert passed
    assert "its health GREAT" in text


def test_a_rate_is_kept_in_percent_and_a_share_of_nothing_is_unknown():
    row, signals = parsed(
        record(
            {
                "orderDefectRate": {"afn": rate("0.009"), "mfn": rate("0", orderCount=0, status="NONE")},
                "lateShipmentRate": rate("0.03203973037", status="BAD"),
                "prefulfillmentCancelRate": rate("0.005"),
            }
        )
    )
    assert (row["fba_order_defect_pct"], row["fba_orders_counted"]) == (Decimal("0.9"), 100)
    assert (row["merchant_order_defect_pct"], row["merchant_orders_counted"]) == (None, 0)
    assert (row["late_shipment_pct"], row["late_shipment_status"]) == (Decimal("3.203973037"), "BAD")
    assert row["pre_fulfillment_cancel_pct"] == Decimal("0.5")
    assert signals == {}


def test_what_amazon_leaves_out_is_unknown_and_never_zero():
    row, signals = parsed(record())
    known = {"marketplace_id": INDIA, "snapshot_date": DAY, "account_status": "NORMAL"}
    assert row == dict.fromkeys(ACCOUNT_HEALTH.columns) | known
    assert signals == {}
    row, signals = parsed({"marketplaceId": INDIA, STATUSES: [], METRICS: []})
    assert row["account_status"] is None
    assert signals == {"marketplace without accountStatuses": 1, "marketplace without performanceMetrics": 1}


def test_both_spellings_of_the_schema_and_its_example_are_read():
    for rating in ({"ahrStatus": "WARNED", "ahrScore": 180}, {"accountHealthRatingStatus": "WARNED"}):
        row, _ = parsed(record({"accountHealthRating": rating}))
        assert (row["account_health_status"], row["account_health_score"]) == ("WARNED", rating.get("ahrScore"))
    for name in ("documentRequests", "documentRequest"):
        row, signals = parsed(record({name: {"defectsCount": 8}}))
        assert (row["document_requests"], signals) == (8, {})


def test_new_words_and_metrics_are_kept_or_counted():
    row, signals = parsed(record({"lateShipmentRate": rate("0.01", status="FAIR"), "smileRate": {}}, status="PAUSED"))
    assert (row["account_status"], row["late_shipment_status"]) == ("PAUSED", "FAIR")
    assert signals == {
        "unknown account_status PAUSED": 1, "unknown late_shipment_status FAIR": 1, "unknown field smileRate": 1,
    }  # fmt: skip


@pytest.mark.parametrize("path", RATES)
def test_a_rate_above_one_is_counted_and_not_guessed(path):
    name, _, channel = path.partition(".")
    metric = rate("3.5", shipmentCount=9)
    row, signals = parsed(record({name: {channel: metric} if channel else metric}))
    assert not any(value for column, value in row.items() if column.endswith("_pct"))
    assert signals == {f"rate above 1 in {path}": 1}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (record(place=EMIRATES), "it is of a marketplace that was not requested"),
        (record(place=None), "it is of a marketplace that was not requested"),
        ({**record(), METRICS: [{}, {}]}, "a list of the report names its marketplace more than once"),
    ],
)
def test_a_record_that_fits_no_row_is_rejected(given, why):
    with pytest.raises(Unfit, match=why):
        parsed(given)


@pytest.mark.parametrize("text", ["", "[]", '{"accountStatuses": []}', '{"accountStatuses": [], "performanceMetrics'])
def test_a_document_that_is_no_such_report_is_refused(text):
    with pytest.raises(BadDocument):
        list(read_performance(io.StringIO(text)))


def test_the_lists_of_the_document_are_joined_by_marketplace():
    text = (
        '{"accountStatuses": [{"marketplaceId": "A", "status": "NORMAL"}, null],'
        ' "performanceMetrics": [{"marketplaceId": "B"}, {"marketplaceId": "A", "x": 0.5}]}'
    )
    by_place = {each["marketplaceId"]: each for each in read_performance(io.StringIO(text))}
    assert by_place["A"][METRICS] == [{"marketplaceId": "A", "x": Decimal("0.5")}]
    assert by_place["B"][STATUSES] == []
    assert by_place[None][STATUSES] == [None]
