"""Item ids in searchOrders and in the report are compared only for orders that both contain."""

from xpert_pipeline.spapi.operations.item_ids import compare_item_ids


def api_order(number, *ids):
    return {"orderId": number, "orderItems": [{"orderItemId": id_} for id_ in ids]}


def report_order(number, *ids):
    return {"order_id": number, "items": [{"item_id": id_} for id_ in ids]}


def test_item_ids_match_when_every_common_order_has_the_same_ids():
    comparison = compare_item_ids(
        [api_order("1", "a", "b"), api_order("new", "z")],
        [report_order("old", "y"), report_order("1", "b", "a"), report_order("2", "c")],
    )
    assert (comparison.matches, comparison.proven, comparison.compared, comparison.differing) == (True, True, 2, 0)


def test_one_differing_item_id_is_named():
    comparison = compare_item_ids([api_order("1", "a", "b")], [report_order("1", "a", "x")])
    assert (comparison.matches, comparison.proven) == (False, False)
    assert (comparison.matching, comparison.mismatching) == ({"a"}, {"b"})


def test_nothing_in_common_proves_nothing():
    comparison = compare_item_ids([api_order("1", "a")], [report_order("2", "b")])
    assert comparison.matches
    assert not comparison.proven
