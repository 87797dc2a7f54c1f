"""What stands in the records themselves: odd values are kept, broken records are set apart whole, the others load."""

from xpert_pipeline.assets.orders import feed
from xpert_pipeline.sandbox.orders import api as orders_api

ORDERS = ["orders", "order_items"]
SALES = [*ORDERS, "sales_data"]


def test_what_is_odd_but_legal_is_kept_and_counted(pipeline):
    for name in ("order-without-price", "unknown-status", "unknown-field", "emoji-in-title"):
        pipeline.fault(name, operation="searchOrders")
    assert pipeline.run(tables=SALES).success
    (odd,) = [row for row in pipeline.rows("orders") if row["fulfillment_status"] == "AWAITING_DRONE"]
    items = [row for row in pipeline.rows("order_items") if row["order_id"] == odd["order_id"]]
    assert (odd["order_total"], {item["item_subtotal"] for item in items}) == (None, {None})
    assert sum("🎉 कुर्ता 👩‍👩‍👧 ₹1 only" in item["title"] for item in items) == 1
    (signals,) = pipeline.one("select details -> 'signals' from loads where details ? 'signals' limit 1")
    assert signals == {"unknown order field carbonFootprint": 1, "unknown fulfillment status AWAITING_DRONE": 1}
    sold = pipeline.one(
        "select ops, units_ordered from sales_data where (sale_date, sku) = (%s, %s)",
        odd["order_date"],
        items[0]["sku"],
    )
    assert sold[1] >= items[0]["quantity_ordered"]
    pipeline.mend()
    assert pipeline.run(tables=SALES, refetch=True).success
    pipeline.assert_whole(*SALES)


def test_a_nul_in_a_title_is_shown_as_its_sign(pipeline):
    pipeline.fault("nul-in-title", operation="searchOrders")
    assert pipeline.run(tables=SALES).success
    assert [row["title"] for row in pipeline.rows("order_items") if "␀" in row["title"]]
    pipeline.mend()
    assert pipeline.run(tables=SALES, refetch=True).success
    pipeline.assert_whole(*SALES)


def test_an_order_without_a_required_field_is_set_apart_whole_and_the_others_load(pipeline):
    pipeline.fault("missing-required-field", operation="searchOrders", count=1)
    pipeline.fault("nul-in-title", operation="searchOrders", count=1)
    done = pipeline.run(tables=SALES)
    assert done.success
    rows = pipeline.rows("rejected_records")
    rejected = {row["table_name"]: row for row in rows}
    payload = rejected["orders"]["record"]
    lost = payload["orderId"]
    assert rejected["orders"]["record_key"] == rejected["order_items"]["record_key"] == lost
    assert "purchase_date: Input should be a valid datetime" in rejected["orders"]["reason"]
    assert rejected["order_items"]["reason"].startswith("its orders row was refused: ")
    assert "createdTime" not in payload
    assert "␀" in payload["orderItems"][0]["product"]["title"]
    wanted = {row["order_id"] for row in pipeline.truth("orders")}
    assert {row["order_id"] for row in pipeline.rows("orders")} == wanted - {lost}
    assert lost not in {row["order_id"] for row in pipeline.rows("order_items")}
    counts = done.counts["orders"]
    assert (counts["fetched"], counts["inserted"], counts["rejected"]) == (len(wanted), len(wanted) - 1, 1)
    assert done.counts["order_items"]["rejected"] == len(payload["orderItems"])
    asking = [fact for fact in pipeline.facts() if fact[3]]
    assert {(fact[0], fact[1], fact[4]["rejected"]) for fact in asking} == {
        ("sync.completed", "orders", 1),
        ("sync.completed", "order_items", len(payload["orderItems"])),
    }
    pipeline.mend()
    assert pipeline.run(tables=SALES, refetch=True).success
    pipeline.assert_whole(*SALES)
    assert len(pipeline.rows("rejected_records")) == len(rows) == 1 + len(payload["orderItems"])


def test_days_whose_records_are_all_rejected_are_not_loaded_and_read_again(pipeline, monkeypatch):
    """Times in the year 9999 rejected 14 of 14 orders; the days counted as complete and were never read again."""

    def unreadable(*_args):
        raise KeyError("createdTime")

    with monkeypatch.context() as broken:
        broken.setitem(vars(feed.SOURCE.feed), "parse", unreadable)
        done = pipeline.run(tables=ORDERS)
    assert done.success
    assert done.states == {"orders": "incomplete", "order_items": "skipped"}
    assert "were rejected; see rejected_records" in done.reasons["orders"]
    assert pipeline.rows("orders") == []
    assert {load["window_kind"] for load in pipeline.rows("loads") if load["fetched"]} == {"partial"}
    assert pipeline.run(tables=ORDERS).states == dict.fromkeys(ORDERS, "ok")
    pipeline.assert_whole(*ORDERS)


def test_a_record_that_keeps_coming_broken_is_kept_once(pipeline):
    pipeline.fault("missing-required-field", operation="searchOrders")
    assert pipeline.run(tables=ORDERS).success
    assert pipeline.run(tables=ORDERS, refetch=True).success
    rows = pipeline.rows("rejected_records", "table_name, record, times_seen")
    (order,) = [row["record"] for row in rows if row["table_name"] == "orders"]
    assert [row["times_seen"] for row in rows] == [2] * (1 + len(order["orderItems"]))


def test_records_of_another_shape_never_stop_the_others(pipeline, monkeypatch):
    changes = [
        ({"salesChannel": "Amazon.in"}, "it does not have the documented structure (AttributeError)"),
        ({"orderItems": [None]}, "it does not have the documented structure (AttributeError)"),
        ({"proceeds": {"grandTotal": {"amount": "1,299.00", "currencyCode": "INR"}}}, "order_total: "),
        ({"proceeds": {"grandTotal": {"amount": "1E+30", "currencyCode": "INR"}}}, "order_total: "),
        ({"lastUpdatedTime": "yesterday"}, "last_updated_at: "),
        ({"lastUpdatedTime": "2026-10-01T10:00:00"}, "time without a zone"),
    ]
    wanted = [row["order_id"] for row in pipeline.truth("orders")]
    changed, made = dict(zip(wanted, changes, strict=False)), orders_api.order_payload
    monkeypatch.setattr(
        orders_api,
        "order_payload",
        lambda order, included: {**made(order, included), **changed.get(order.id, ({},))[0]},
    )
    assert pipeline.run(tables=ORDERS).success
    rejected = {row["record_key"]: row for row in pipeline.rows("rejected_records") if row["table_name"] == "orders"}
    assert rejected.keys() == changed.keys()
    for order_id, (_, what) in changed.items():
        assert what in rejected[order_id]["reason"]
        assert rejected[order_id]["record"]["createdTime"]
    assert [row["order_id"] for row in pipeline.rows("orders")] == wanted[len(changes) :]
