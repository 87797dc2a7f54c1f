"""Present states are read whole; only a complete and believable reading deletes what Amazon no longer returns."""

import pytest

from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.amazon import SUMMARIES, Inventory, summaries, summary
from xpert_pipeline_tests.sources.snapshots import STOCK, read, stock, windows

__all__ = ["stock"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
KEPT = "These were loaded, and nothing is deleted"


@pytest.fixture
def inventory(empty_pipeline, amazon, monkeypatch):
    """A seller whose stock at Amazon is scripted."""
    return Inventory(empty_pipeline, amazon, monkeypatch)


def skus(pipeline):
    return [row["sku"] for row in pipeline.rows("fba_inventory")]


def test_a_complete_reading_is_a_snapshot_and_equals_amazons_stock(stock):
    done = read(stock)
    assert done.success
    assert (done.states, done.reasons) == ({"fba_inventory": "ok"}, {})
    stock.assert_whole(*STOCK)
    count = len(stock.truth("fba_inventory"))
    assert count > 50, "more than one page"
    assert windows(stock) == [("snapshot", count, 0, {"received": count})]
    before = stock.rows("fba_inventory")
    assert read(stock).counts["fba_inventory"]["unchanged"] == count
    assert stock.rows("fba_inventory") == before
    assert stock.calls("getInventorySummaries") == 2 * -(-count // 50)


def test_a_sku_that_a_complete_reading_lacks_loses_its_row_and_is_not_written_as_zero(stock):
    read(stock)
    before = {row["sku"]: row for row in stock.rows("fba_inventory")}
    stock.fault("inventory-sku-missing")
    done = read(stock)
    assert done.states == {"fba_inventory": "ok"}
    after = {row["sku"]: row for row in stock.rows("fba_inventory")}
    (gone,) = before.keys() - after.keys()
    assert done.counts["fba_inventory"]["deleted"] == len([row for row in before.values() if row["sku"] == gone])
    assert after == {sku: row for sku, row in before.items() if sku != gone}
    stock.mend()
    read(stock)
    stock.assert_whole(*STOCK)


def test_a_reading_of_half_the_rows_deletes_nothing_until_a_second_one_an_hour_later_agrees(stock, hours_pass):
    read(stock)
    count = len(skus(stock))
    stock.fault("inventory-shrunk")
    done = read(stock)
    assert done.success
    assert done.states == {"fba_inventory": "incomplete"}
    (kind, fetched, deleted, details) = windows(stock)[-1]
    assert (kind, deleted, details["doubted"]) == ("partial", 0, fetched)
    assert f"Amazon returned {fetched} SKUs, but the table has {count}. {KEPT}" in done.reasons["fba_inventory"]
    assert "until a second reading, at least an hour later, agrees" in done.reasons["fba_inventory"]
    assert len(skus(stock)) == count

    hours_pass(0.9)
    assert read(stock).states == {"fba_inventory": "incomplete"}, "it agrees, but too early"
    assert len(skus(stock)) == count

    hours_pass(0.2)
    done = read(stock)
    assert done.states == {"fba_inventory": "ok"}
    assert windows(stock)[-1][:3] == ("snapshot", fetched, count - fetched)
    assert len(skus(stock)) == fetched


def test_a_second_reading_that_disagrees_is_not_believed(inventory, hours_pass):
    inventory.serves(summaries(20))
    inventory.read()
    inventory.serves(summaries(10))
    assert inventory.read().states == {"fba_inventory": "incomplete"}
    hours_pass(2)
    inventory.serves(summaries(7))
    assert inventory.read().states == {"fba_inventory": "incomplete"}
    assert len(skus(inventory.pipeline)) == 20
    hours_pass(2)
    inventory.serves(summaries(8))
    assert inventory.read().states == {"fba_inventory": "incomplete"}, "8 is neither 7 nor 10 within a tenth"
    assert len(skus(inventory.pipeline)) == 20


def test_counts_within_a_tenth_agree(inventory, hours_pass):
    inventory.serves(summaries(40))
    inventory.read()
    inventory.serves(summaries(20))
    inventory.read()
    hours_pass(2)
    inventory.serves(summaries(18))
    assert inventory.read().states == {"fba_inventory": "ok"}
    assert len(skus(inventory.pipeline)) == 18


@pytest.mark.parametrize(("left", "state", "rows"), [(14, "ok", 14), (13, "incomplete", 20)])
def test_a_reading_that_lacks_up_to_thirty_percent_is_believed_at_once(inventory, left, state, rows):
    inventory.serves(summaries(20))
    inventory.read()
    inventory.serves(summaries(left))
    assert inventory.read().states == {"fba_inventory": state}
    assert len(skus(inventory.pipeline)) == rows


def test_what_arrived_in_a_doubted_reading_is_loaded(inventory):
    inventory.serves(summaries(20))
    inventory.read()
    inventory.serves([summary(1, totalQuantity=999), summary(77)])
    assert inventory.read().states == {"fba_inventory": "incomplete"}
    rows = {row["sku"]: row for row in inventory.pipeline.rows("fba_inventory")}
    assert (len(rows), rows["SKU-001"]["total_quantity"], "SKU-077" in rows) == (21, 999, True)


def test_a_doubt_is_forgotten_after_a_complete_reading(inventory, hours_pass):
    for count in (20, 10):
        inventory.serves(summaries(count))
        inventory.read()
    hours_pass(2)
    inventory.serves(summaries(20))
    assert inventory.read().states == {"fba_inventory": "ok"}
    hours_pass(2)
    inventory.serves(summaries(10))
    assert inventory.read().states == {"fba_inventory": "incomplete"}, "the first doubt is older than the snapshot"
    assert len(skus(inventory.pipeline)) == 20


def test_a_reading_without_any_sku_is_doubted_too(inventory, hours_pass):
    inventory.serves(summaries(3))
    inventory.read()
    inventory.serves([])
    done = inventory.read()
    assert done.states == {"fba_inventory": "skipped"}
    assert "Amazon returned 0 SKUs, but the table has 3" in done.reasons["fba_inventory"]
    assert len(skus(inventory.pipeline)) == 3
    hours_pass(2)
    assert inventory.read().states == {"fba_inventory": "ok"}
    assert skus(inventory.pipeline) == []


def test_a_seller_without_fba_has_an_empty_table_and_a_reason(stock):
    stock.fault("not-enrolled-in-fba")
    done = read(stock)
    assert done.success
    assert done.states == {"fba_inventory": "empty"}
    assert "the seller is not enrolled in FBA" in done.reasons["fba_inventory"]
    assert "no listing that is fulfilled by Amazon" in done.reasons["fba_inventory"], "Amazon's own words"
    assert stock.rows("fba_inventory") == []
    assert not stock.rows("rejected_records")


def test_rows_of_earlier_readings_stay_when_amazon_says_not_enrolled(stock):
    read(stock)
    before = stock.rows("fba_inventory")
    stock.fault("not-enrolled-in-fba")
    done = read(stock)
    assert (done.states, done.counts["fba_inventory"]["deleted"]) == ({"fba_inventory": "up_to_date"}, 0)
    assert "existing rows are kept" in done.reasons["fba_inventory"]
    assert stock.rows("fba_inventory") == before


def test_a_token_that_expires_in_the_middle_begins_the_walk_again_without_repeated_rows(stock):
    count = len(stock.truth("fba_inventory"))
    stock.fault("expired-page-token", operation="getInventorySummaries", count=1)
    done = read(stock)
    assert stock.struck("expired-page-token") == 1
    assert done.states == {"fba_inventory": "ok"}
    assert windows(stock) == [("snapshot", count, 0, {"received": count})]
    stock.assert_whole(*STOCK)


def test_records_before_an_expired_token_do_not_come_twice_to_the_collector(inventory):
    """Tokens of a walk longer than what is read ahead expire while rows are collected: the first pages come again."""
    first, again = summaries(4), summaries(5, totalQuantity=7)
    inventory.serves_pages(
        (first[:2], "one"),
        (first[2:], "two"),
        "expired",
        "expired",
        (again[:3], "three"),
        (again[3:], None),
        read_ahead=0,
    )
    done = inventory.read()
    assert done.states == {"fba_inventory": "ok"}
    assert windows(inventory.pipeline) == [("snapshot", 5, 0, {"received": 5})]
    assert {row["total_quantity"] for row in inventory.pipeline.rows("fba_inventory")} == {7}


def test_tokens_that_keep_expiring_fail_the_table_and_change_nothing(stock):
    read(stock)
    before = stock.rows("fba_inventory")
    stock.fault("expired-page-token", operation="getInventorySummaries")
    done = read(stock)
    assert not done.success
    assert done.error.startswith("PageTokenExpired: ")
    assert (stock.rows("fba_inventory"), len(windows(stock))) == (before, 1)


def test_a_record_that_cannot_be_read_keeps_its_row(inventory):
    inventory.serves(summaries(10))
    inventory.read()
    bad = [summary(1, totalQuantity="many"), summary(2, inventoryDetails="none"), {"sellerSku": "SKU-003"}]
    inventory.serves([*bad, *summaries(10)[3:-1]])
    done = inventory.read()
    assert (done.states, done.counts["fba_inventory"]["rejected"]) == ({"fba_inventory": "ok"}, 2)
    rows = {row["sku"]: row for row in inventory.pipeline.rows("fba_inventory")}
    assert rows["SKU-001"]["total_quantity"] == 1, "as it was"
    assert rows["SKU-002"]["fulfillable_quantity"] is None, "a missing part is unknown"
    assert "SKU-010" in rows, "the record whose key cannot be read may be this one"
    rejected = inventory.pipeline.rows("rejected_records")
    assert {row["record"]["sellerSku"]: row["reason"].split(":")[0] for row in rejected} == {
        "SKU-001": "total_quantity",
        "SKU-003": "fn_sku",
    }
    inventory.serves([*bad[:2], *summaries(10)[2:-1]])
    inventory.read()
    rows = {row["sku"]: row for row in inventory.pipeline.rows("fba_inventory")}
    assert rows["SKU-001"]["total_quantity"] == 1, "its key can be read"
    assert "SKU-010" not in rows
    assert {row["record_key"] for row in rejected} == {"SKU-001 FN-001 NewItem", None}


def test_a_null_among_the_records_is_a_signal(inventory):
    inventory.serves([None, *summaries(2), None])
    done = inventory.read()
    assert done.counts["fba_inventory"] | {"inserted": 2, "rejected": 0, "fetched": 2} == done.counts["fba_inventory"]
    ((_, _, _, details),) = windows(inventory.pipeline)
    assert details["signals"] == {"null among records": 2}


def test_past_days_have_no_history_and_ask_nothing(stock):
    done = stock.run(tables=STOCK, days=stock.past_days)
    assert done.states == {"fba_inventory": "no_history"}
    assert stock.calls("getInventorySummaries") == 0


def test_in_a_run_over_many_days_only_today_has_a_state_of_its_own(stock):
    done = stock.run(tables=STOCK)
    assert done.states == {"fba_inventory": "ok"}
    partitions = windows(stock)
    assert len(partitions) == 1
    (row,) = [load["partitions"] for load in stock.rows("loads")]
    assert list(row) == [stock.today.isoformat()]


def test_the_scripted_seller_is_asked_as_the_real_one(inventory):
    inventory.serves(summaries(1))
    inventory.read()
    (call,) = inventory.amazon.calls(SUMMARIES)
    assert call.query == {
        "details": ["true"],
        "granularityType": ["Marketplace"],
        "granularityId": ["A21TJRUUN4KGV"],
        "marketplaceIds": ["A21TJRUUN4KGV"],
    }
