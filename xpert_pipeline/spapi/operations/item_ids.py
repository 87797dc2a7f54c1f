"""Whether the all-orders report names an order's lines as searchOrders does. Both come as they were read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ItemIdComparison:
    """Order item ids of the same orders in searchOrders and in the XML report."""

    matching: frozenset[str]
    mismatching: frozenset[str]

    @property
    def compared(self) -> int:
        """Ids that could be compared."""
        return len(self.matching) + len(self.mismatching)

    @property
    def differing(self) -> int:
        """Ids of searchOrders that the report does not have for the same order."""
        return len(self.mismatching)

    @property
    def matches(self) -> bool:
        """Whether nothing differs; also true when nothing could be compared."""
        return not self.mismatching

    @property
    def proven(self) -> bool:
        """Whether the report's codes were seen to be order item ids."""
        return self.matches and self.compared > 0


def compare_item_ids(orders: Iterable[Mapping[str, Any]], report: Iterable[Mapping[str, Any]]) -> ItemIdComparison:
    """Compare a page of searchOrders with the report's AmazonOrderItemCode, order by order.

    Orders that only one of the two knows are not compared: the two were read at different times. The
    report is read only until every order of the page was met.
    """
    wanted = {str(order.get("orderId")): _api_ids(order) for order in orders}
    matching: set[str] = set()
    mismatching: set[str] = set()
    for record in report:
        if not wanted:
            break
        ids = wanted.pop(str(record.get("order_id")), None)
        if ids is None:
            continue
        codes = {str(item["item_id"]) for item in record["items"]}
        matching |= ids & codes
        mismatching |= ids - codes
    return ItemIdComparison(frozenset(matching), frozenset(mismatching))


def _api_ids(order: Mapping[str, Any]) -> set[str]:
    return {str(item.get("orderItemId")) for item in order.get("orderItems") or ()}
