"""The stock that Amazon stores for a seller in one store: every line with its movements, and the inbound shipments.

Orders decide what is shipped and reserved; hashes decide the rest: opening balances, returns, losses, replenishment.
The records are in `movements`, the books of one SKU in `stock_keeping`, the current units in `holdings`.
"""

from collections.abc import Collection, Iterator

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.fba_demand import Demand
from xpert_pipeline.sandbox.world.inbound import InboundPlan
from xpert_pipeline.sandbox.world.movements import Stock, StockLine
from xpert_pipeline.sandbox.world.records import Listing, World
from xpert_pipeline.sandbox.world.stock_keeping import HOUR, Books, Keeper

LEFTOVER_SHARE = 20
"""Per cent of the merchant SKUs that were FBA before; half of them have units left at Amazon."""


def stock_of(world: World, marketplace_id: str, now: float) -> Stock:
    """Return a seller's stock in one store as it is now.

    It is built when it is first needed. While part of the world is in the future, it is built again every hour and
    whenever another order becomes visible.
    """
    cut = int(min(world.end_of(marketplace_id), now))
    orders = world.updated_between(0, cut) if world.updated and world.updated[-1] > cut else world.by_update
    key = (len(orders), cut // HOUR)
    name = f"stock {marketplace_id}"
    if name not in world.figures or world.figures[name][0] != key:
        world.figures[name] = key, _built(world, marketplace_id, cut)
    stock: Stock = world.figures[name][1]
    return stock


def _built(world: World, marketplace_id: str, cut: int) -> Stock:
    store, inbound = STORES[marketplace_id], InboundPlan(marketplace_id, world.seller_id)
    opened = world.opened.get(marketplace_id, cut)
    books = Books(store, store.day_of(opened), store.day_of(cut), cut, inbound)
    demand = _demand(world, books)
    lines: list[StockLine] = []
    for listing in _stored(world, marketplace_id, demand):
        lines += Keeper(books, listing, demand.get(listing.sku, Demand()), _units_left(world, listing)).lines()
    lines.sort(key=lambda line: (line.sku, line.condition))
    return Stock(store, books.first, books.last, lines, inbound.all())


def _demand(world: World, books: Books) -> dict[str, Demand]:
    """Return the effect of the store's visible FBA orders, by SKU."""
    demand: dict[str, Demand] = {}
    for order in world.orders:
        if order.fba and order.marketplace_id == books.store.id and order.updated <= books.cut:
            for item in order.items:
                if item.sku not in demand:
                    demand[item.sku] = Demand()
                demand[item.sku].add(books.store, order, item, books.last)
    return demand


def _units_left(world: World, listing: Listing) -> int | None:
    """Return the free units at the end by the stock list: all of an FBA listing, none of another; None without it."""
    units = world.stocked.get(listing.sku)
    return units if units is None or listing.fba else 0


def _stored(world: World, marketplace_id: str, ordered: Collection[str]) -> Iterator[Listing]:
    """Yield the listings with stock at Amazon: FBA listings, merchant listings with FBA orders, and some leftovers."""
    for listing in world.listings_of((marketplace_id,)):
        leftover = number("leftover", listing.seed) % 100 < LEFTOVER_SHARE
        if listing.fba or listing.sku in ordered or leftover:
            yield listing
