"""Sales API v1: getOrderMetrics, Amazon's own counts of orders, units and sales."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.serving.formats import money_of
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.records import Item, Order

GRANULARITIES = ("Hour", "Day", "Week", "Month", "Year", "Total")
LONGEST = timedelta(days=731)
LONGEST_BY_HOUR = timedelta(days=31)


def get_order_metrics(call: Call) -> dict[str, Any]:
    """Return the metrics of each interval, including empty ones.

    Cancelled items and orders of other shops do not count. Several stores are summed if they have the same currency.
    """
    query = call.query
    marketplaces = parameters.marketplaces(query, required=True, most=50)
    currency = _currency(marketplaces)
    granularity = parameters.choice(query, "granularity", GRANULARITIES, "")
    start, end = _interval(query)
    zone = _zone(query, granularity, start)
    reach = LONGEST_BY_HOUR if granularity == "Hour" else LONGEST
    if start < datetime.fromtimestamp(min(call.now, _end(call, marketplaces)), UTC) - reach:
        raise invalid(f"interval: for granularity {granularity} it may begin at most {reach.days} days ago.")
    bounds = list(_bounds(start.astimezone(zone), end.astimezone(zone), granularity, _first_day(query)))
    counts = [_Count() for _ in bounds[1:]]
    place = 0
    filters = _Filter(query)
    for order in call.world.sales(start.timestamp(), end.timestamp(), call.now):
        while order.created >= bounds[place + 1].timestamp():
            place += 1
        if order.marketplace_id in marketplaces and filters.order(order):
            counts[place].add([item for item in order.items if filters.item(item)])
    return {"payload": [counts[n].as_json(bounds[n], bounds[n + 1], currency) for n in range(len(counts))]}


def _currency(marketplaces: list[str]) -> str:
    currencies = sorted({STORES[marketplace_id].currency for marketplace_id in marketplaces})
    if len(currencies) > 1:
        raise invalid(f"marketplaceIds: currencies differ ({', '.join(currencies)}); their sales cannot be summed.")
    return currencies[0]


def _end(call: Call, marketplaces: list[str]) -> int:
    return max(call.world.end_of(marketplace_id) for marketplace_id in marketplaces)


class _Count:
    """Metrics of one interval."""

    def __init__(self) -> None:
        self.orders = self.items = self.units = 0
        self.sales = Decimal(0)

    def add(self, items: list[Item]) -> None:
        self.orders += bool(items)
        self.items += len(items)
        for item in items:
            self.units += item.quantity
            if item.amount is not None:
                self.sales += Decimal(item.amount)

    def as_json(self, start: datetime, end: datetime, currency: str) -> dict[str, Any]:
        average = (self.sales / self.units).quantize(money.CENT) if self.units else Decimal(0)
        return {
            "interval": f"{_written(start)}--{_written(end)}",
            "unitCount": self.units,
            "orderItemCount": self.items,
            "orderCount": self.orders,
            "averageUnitPrice": money_of(money.written(average), currency),
            "totalSales": money_of(money.written(self.sales), currency),
        }


class _Filter:
    """The orders and items that the request counts."""

    def __init__(self, query: QueryParams) -> None:
        self.buyer = parameters.choice(query, "buyerType", ("B2B", "B2C", "All"), "All")
        self.network = parameters.choice(query, "fulfillmentNetwork", ("MFN", "AFN", "-"), "-")
        self.asin, self.sku = parameters.text(query, "asin"), parameters.text(query, "sku")
        if self.asin and self.sku:
            raise invalid("asin and sku must not both be given.")

    def order(self, order: Order) -> bool:
        return (self.buyer == "All" or (self.buyer == "B2B") == order.is_business) and (
            self.network == "-" or (self.network == "AFN") == order.fba
        )

    def item(self, item: Item) -> bool:
        return not item.cancelled and self.asin in (None, item.asin) and self.sku in (None, item.sku)


def _interval(query: QueryParams) -> tuple[datetime, datetime]:
    words = (parameters.text(query, "interval") or "").split("--")
    if len(words) != 2:
        raise invalid("interval: two ISO 8601 dates with two hyphens between them are required.")
    first, last = (parameters.instant(word, "interval") for word in words)
    if last <= first:
        raise invalid("interval: must end after it begins.")
    offset = datetime.fromisoformat(words[0].replace(" ", "+")).utcoffset() or timedelta()
    start = datetime.fromtimestamp(first, UTC)
    return start.astimezone(timezone(offset)), datetime.fromtimestamp(last, UTC)


def _zone(query: QueryParams, granularity: str, start: datetime) -> tzinfo | None:
    name = parameters.text(query, "granularityTimeZone")
    if name is None:
        if granularity not in ("Hour", "Total"):
            raise invalid(f"granularityTimeZone: is required for granularity {granularity}.")
        return start.tzinfo
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise invalid(f"granularityTimeZone: {name} is not a time zone.") from None
    if start.astimezone(zone).utcoffset() != start.utcoffset():
        raise invalid("granularityTimeZone: must align with the offset of the interval.")
    return zone


def _first_day(query: QueryParams) -> int:
    return {"Monday": 0, "Sunday": 6}[parameters.choice(query, "firstDayOfWeek", ("Monday", "Sunday"), "Monday")]


def _bounds(start: datetime, end: datetime, granularity: str, first_day: int) -> Iterator[datetime]:
    """Yield the start of each interval, then the end of the last one, by the wall clock in the zone of `start`."""
    edge = start
    while edge < end:
        yield edge
        edge = _next_edge(edge, granularity, first_day) if granularity != "Total" else end
    yield end


def _next_edge(moment: datetime, granularity: str, first_day: int) -> datetime:
    if granularity == "Hour":
        return (
            (moment.astimezone(UTC) + timedelta(hours=1))
            .astimezone(moment.tzinfo)
            .replace(minute=0, second=0, microsecond=0)
        )
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if granularity == "Day":
        return midnight + timedelta(days=1)
    if granularity == "Week":
        return midnight + timedelta(days=7 - (midnight.weekday() - first_day) % 7)
    if granularity == "Month":
        return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)
    return midnight.replace(year=midnight.year + 1, month=1, day=1)


def _written(moment: datetime) -> str:
    precision = "minutes" if moment.second == 0 and moment.microsecond == 0 else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
