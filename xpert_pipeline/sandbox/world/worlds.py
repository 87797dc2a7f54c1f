"""One world for each seller. The first few are built at the start, the others at their seller's first call."""

import threading
from collections.abc import Iterator, MutableMapping

from xpert_pipeline.sandbox.marketplaces import INDIA
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world import csv_world, synthetic
from xpert_pipeline.sandbox.world.identity import seed_of, seller_ids
from xpert_pipeline.sandbox.world.records import World

SIZES = (1.0, 0.4, 2.0, 0.1, 0.7, 1.5, 0.2, 3.0)
"""How large the sellers are, compared with the first."""
EAGER_SELLERS = len(SIZES)
"""Number of worlds built at the start."""


class Worlds(MutableMapping[str, World]):
    """Worlds by seller id, in the order of the sellers. A world is built when it is first read."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.places = {seller_id: place for place, seller_id in enumerate(seller_ids(options), start=1)}
        self.built: dict[str, World] = {}
        self.locks = {seller_id: threading.Lock() for seller_id in self.places}

    def __getitem__(self, seller_id: str) -> World:
        if seller_id not in self.built:
            with self.locks[seller_id]:
                if seller_id not in self.built:
                    self.built[seller_id] = _build(self.options, seller_id, self.places[seller_id])
        return self.built[seller_id]

    def __setitem__(self, seller_id: str, world: World) -> None:
        self.built[seller_id] = world

    def __delitem__(self, seller_id: str) -> None:
        del self.built[seller_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __contains__(self, seller_id: object) -> bool:
        return seller_id in self.places

    def name(self, seller_id: str) -> str:
        """Return the seller's name, without building its world."""
        built = self.built.get(seller_id)
        return built.name if built else _name(self.places[seller_id])

    def marketplace_ids(self, seller_id: str) -> tuple[str, ...]:
        """Return the seller's stores, without building its world."""
        built = self.built.get(seller_id)
        if built is not None:
            return built.marketplace_ids
        from_file = self.places[seller_id] == 1 and self.options.orders_csv is not None
        return (INDIA,) if from_file else self.options.marketplaces


def build_worlds(options: SandboxOptions) -> Worlds:
    """Return all worlds, the first few of them already built.

    Raises:
        NotAnOrderReportError: The orders file cannot be used.
    """
    worlds = Worlds(options)
    for seller_id, place in worlds.places.items():
        if place <= EAGER_SELLERS:
            worlds[seller_id] = _build(options, seller_id, place)
    return worlds


def _build(options: SandboxOptions, seller_id: str, place: int) -> World:
    if place == 1 and options.orders_csv is not None:
        return csv_world.build(options.orders_csv, seller_id, options.last_day, options.stock_csv)
    size = SIZES[(place - 1) % len(SIZES)]
    plan = synthetic.Plan(
        seed=seed_of(options, place),
        days=options.days,
        orders_per_day=max(1.0, options.orders_per_day * size),
        skus=max(1, round(options.skus * size)),
        marketplaces=options.marketplaces,
    )
    return synthetic.build(plan, seller_id, _name(place), options.last_day)


def _name(place: int) -> str:
    return f"Sandbox seller {place}"
