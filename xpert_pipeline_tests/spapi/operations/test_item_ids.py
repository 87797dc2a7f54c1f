"""Item ids of an order in searchOrders and in the report are compared only where both know the order."""

from xpert_pipeline.spapi.operations.item_ids import compare_item_ids


def api_order(number, *ids):
    return {"orderId": number, "orderItems": [{"orderItemId": each} for each in ids]}


def report_order(number, *ids):
    return {"order_id": number, "items": [{"item_id": each} for each in ids]}


def test_item_ids_match_when_every_common_order_has_the_same_ids():
    found = compare_item_ids(
        [api_order("1", "a", "b"), api_order("new", "z")],
        [report_order("old", "y"), report_order("1", "b", "a"), report_order("2", "c")],
    )
    assert (found.matches, found.proven, found.compared, found.differing) == (True, True, 2, 0)


def test_one_differing_item_id_is_named():
    found = compare_item_ids([api_order("1", "a", "b")], [report_order("1", "a", "x")])
    assert (found.matches, found.proven) == (False, False)
    assert (found.matching, found.mismatching) == ({"a"}, {"b"})


def test_nothing_in_common_proves_nothing():
    found = compare_item_ids([api_order("1", "a")], [report_order("2", "b")])
    assert found.matches
    assert not found.proven
