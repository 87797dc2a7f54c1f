"""Customers who buy a product more than once in a week.

The sandbox's own rules, as orders have no customers: each product has 50 customers. An order belongs to one of the
customers of its first product, and its id decides to which; ids follow from the seed. A customer repeats if two or more
of the week's orders with an ASIN are theirs. Orders of other shops do not count, nor does what is cancelled. An unknown
amount adds nothing.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.records import CANCELLED, Order, World
from xpert_pipeline.sandbox.world.searches import DAYS, share

CUSTOMERS = 50
"""Customers of each product."""
Customer = tuple[str, int]
"""The product, and the number of the customer among those of the product."""


@dataclass(slots=True)
class Purchases:
    """Who bought an ASIN in a week: orders and revenue by customer."""

    asin: str
    orders: Counter[Customer] = field(default_factory=Counter)
    revenue: dict[Customer, Decimal] = field(default_factory=dict)

    def add(self, customer: Customer, revenue: Decimal) -> None:
        """Count an order."""
        self.orders[customer] += 1
        self.revenue[customer] = self.revenue.get(customer, Decimal(0)) + revenue

    @property
    def repeat_customers(self) -> int:
        """Customers with two orders or more."""
        return sum(count > 1 for count in self.orders.values())

    @property
    def repeat_customer_share(self) -> Decimal:
        """Their part of all customers of the ASIN."""
        return share(self.repeat_customers, len(self.orders))

    @property
    def repeat_revenue(self) -> Decimal:
        """Revenue of all orders of these customers."""
        return sum((self.revenue[each] for each, count in self.orders.items() if count > 1), Decimal(0))

    @property
    def repeat_revenue_share(self) -> Decimal:
        """Its part of the revenue of the ASIN."""
        return share(self.repeat_revenue, sum(self.revenue.values(), Decimal(0)))


def customer_of(order: Order) -> Customer:
    """Return the customer of an order."""
    return order.items[0].asin, number("customer", order.id) % CUSTOMERS


def purchases(world: World, marketplace_id: str, sunday: int, now: float) -> list[Purchases]:
    """Return who bought what in a week of a store, up to now, by ASIN."""
    store, found = STORES[marketplace_id], dict[str, Purchases]()
    for order in world.sales(store.midnight(sunday), store.midnight(sunday + DAYS), now):
        if order.marketplace_id == marketplace_id and order.status != CANCELLED:
            for asin, revenue in _bought(order).items():
                found.setdefault(asin, Purchases(asin)).add(customer_of(order), revenue)
    return [found[asin] for asin in sorted(found)]


def _bought(order: Order) -> dict[str, Decimal]:
    """Return the revenue of each ASIN in an order."""
    bought: dict[str, Decimal] = {}
    for item in order.items:
        if item.asin and not item.cancelled:
            bought[item.asin] = bought.get(item.asin, Decimal(0)) + Decimal(item.amount or 0)
    return bought
