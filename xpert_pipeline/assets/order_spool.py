"""Turns a stream of order payloads into validated row tuples on disk, in constant memory.

An order and its items stand or fall together: if one of them breaks its contract, the payload goes to quarantine
whole, and what the database already holds of that order stays as it is.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from xpert_pipeline.assets.order_report_rows import REPORT_ITEMS_LACK, REPORT_LACKS
from xpert_pipeline.postgres.loading import TableLoad
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.tables.orders import ORDER_ITEMS, ORDERS
from xpert_pipeline.tables.validation import SHAPE_ERRORS, chunks, collector_paused, shape_reason, validate

Row = dict[str, Any]
Parser = Callable[[Mapping[str, Any]], tuple[Row, list[Row]]]


@dataclass
class OrderSpool:
    """Rows of one window, waiting for their transaction."""

    orders: RowSpool
    items: RowSpool
    from_report: bool
    order_rejects: list[Reject] = field(default_factory=list)
    item_rejects: list[Reject] = field(default_factory=list)
    fetched_orders: int = 0
    fetched_items: int = 0
    signals: Counter[str] = field(default_factory=Counter)

    @property
    def order_columns(self) -> tuple[str, ...]:
        """Columns of orders that this source carries."""
        return tuple(name for name in ORDERS.columns if not (self.from_report and name in REPORT_LACKS))

    @property
    def item_columns(self) -> tuple[str, ...]:
        """Columns of order items that this source carries."""
        return tuple(name for name in ORDER_ITEMS.columns if not (self.from_report and name in REPORT_ITEMS_LACK))

    def add(self, payloads: Iterable[Mapping[str, Any]], parse: Parser) -> None:
        """Parse, validate and keep a stream of payloads."""
        with collector_paused():
            for arrived in chunks(payloads):
                self._keep(*self._accepted(*self._parsed(arrived, parse)))

    def parts(self) -> list[TableLoad]:
        """What `load` takes: orders first, then their items."""
        return [
            TableLoad(ORDERS, self.order_columns, self.orders, self.fetched_orders, self.order_rejects),
            TableLoad(
                ORDER_ITEMS, self.item_columns, self.items, self.fetched_items, self.item_rejects, whole_sets=ORDERS
            ),
        ]

    def _keep(self, orders: list[Row], items: list[Row]) -> None:
        self.orders.extend(map(itemgetter(*self.order_columns), orders))
        self.items.extend(map(itemgetter(*self.item_columns), items))

    def _parsed(self, payloads: list[Any], parse: Parser) -> tuple[list[Any], list[tuple[Row, list[Row]]]]:
        """Parse payloads; one of another shape than Amazon documents goes to quarantine whole."""
        good, parsed = [], []
        for payload in payloads:
            try:
                parsed.append(parse(payload))
                good.append(payload)
            except SHAPE_ERRORS as error:
                self.fetched_orders += 1
                key = payload.get("orderId") or payload.get("order_id") if isinstance(payload, Mapping) else None
                self.order_rejects.append(Reject(payload, shape_reason(error), key if isinstance(key, str) else None))
        return good, parsed

    def _accepted(self, payloads: list[Any], parsed: list[tuple[Row, list[Row]]]) -> tuple[list[Row], list[Row]]:
        self.fetched_orders += len(parsed)
        self.fetched_items += sum(len(items) for _, items in parsed)
        orders, refused_orders = validate(ORDERS, [order for order, _ in parsed], self.order_columns)
        owners = [index for index, (_, items) in enumerate(parsed) for _ in items]
        lines = [item for _, of_order in parsed for item in of_order]
        items, refused_items = validate(ORDER_ITEMS, lines, self.item_columns)
        if not refused_orders and not refused_items:
            return orders, items
        reasons: dict[int, list[str]] = {}
        for refused in refused_orders:
            reasons.setdefault(refused.index, []).append(refused.reason)
        for refused in refused_items:
            reasons.setdefault(owners[refused.index], []).append(f"order_items: {refused.reason}")
        for index, why in sorted(reasons.items()):
            self._quarantine(payloads[index], parsed[index], "; ".join(why))
        return self._accepted_rest([pair for index, pair in enumerate(parsed) if index not in reasons])

    def _accepted_rest(self, parsed: list[tuple[Row, list[Row]]]) -> tuple[list[Row], list[Row]]:
        orders, _ = validate(ORDERS, [order for order, _ in parsed], self.order_columns)
        items, _ = validate(ORDER_ITEMS, [item for _, of_order in parsed for item in of_order], self.item_columns)
        return orders, items

    def _quarantine(self, payload: Any, parsed: tuple[Row, list[Row]], reason: str) -> None:
        order, items = parsed
        key = order.get("order_id")
        self.order_rejects.append(Reject(payload, reason, key))
        self.item_rejects += [Reject(item, f"its order was refused: {reason}", key) for item in items]
