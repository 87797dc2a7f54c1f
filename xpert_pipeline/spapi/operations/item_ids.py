"""Compares the ids of order items in the all-orders report with those of searchOrders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ItemIdComparison:
    """Order item ids of the same orders in searchOrders and in the XML report.

    Attributes:
        matching: Ids that both contain for the same order.
        mismatching: Ids from searchOrders that the report does not contain for the same order.
    """

    matching: frozenset[str]
    mismatching: frozenset[str]

    @property
    def compared(self) -> int:
        """Number of ids that could be compared."""
        return len(self.matching) + len(self.mismatching)

    @property
    def differing(self) -> int:
        """Number of ids from searchOrders that the report does not contain for the same order."""
        return len(self.mismatching)

    @property
    def matches(self) -> bool:
        """Whether no id differs; also true if none could be compared."""
        return not self.mismatching

    @property
    def proven(self) -> bool:
        """Whether ids were compared and none differs, so that the report's item codes are order item ids."""
        return self.matches and self.compared > 0


def compare_item_ids(orders: Iterable[Mapping[str, Any]], report: Iterable[Mapping[str, Any]]) -> ItemIdComparison:
    """Compare a page of searchOrders with the report's AmazonOrderItemCode, order by order.

    Orders that only one of the two contains are skipped, because the two were read at different times. Reading the
    report stops once every order of the page has been found.

    Args:
        orders: Orders as `search_orders` returns them.
        report: Orders as `read_orders` returns them.
    """
    remaining = {str(order.get("orderId")): _api_ids(order) for order in orders}
    matching: set[str] = set()
    mismatching: set[str] = set()
    for record in report:
        if not remaining:
            break
        ids = remaining.pop(str(record.get("order_id")), None)
        if ids is None:
            continue
        codes = {str(item["item_id"]) for item in record["items"]}
        matching |= ids & codes
        mismatching |= ids - codes
    return ItemIdComparison(frozenset(matching), frozenset(mismatching))


def _api_ids(order: Mapping[str, Any]) -> set[str]:
    return {str(item.get("orderItemId")) for item in order.get("orderItems") or ()}
