"""Builds the worlds that the options ask for, one for each seller."""

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world import csv_world, synthetic
from xpert_pipeline.sandbox.world.identity import seed_of, seller_ids
from xpert_pipeline.sandbox.world.records import World

SIZES = (1.0, 0.4, 2.0, 0.1, 0.7, 1.5, 0.2, 3.0)
"""How large the sellers are, compared with the first."""


def build_worlds(options: SandboxOptions) -> list[World]:
    """All worlds, the first seller's first.

    Raises:
        NotAnOrderReportError: The file cannot be used.
    """
    worlds = []
    for place, seller_id in enumerate(seller_ids(options), start=1):
        if place == 1 and options.orders_csv is not None:
            worlds.append(csv_world.build(options.orders_csv, seller_id, options.last_day))
            continue
        size = SIZES[(place - 1) % len(SIZES)]
        plan = synthetic.Plan(
            seed=seed_of(options, place),
            days=options.days,
            orders_per_day=max(1.0, options.orders_per_day * size),
            skus=max(1, round(options.skus * size)),
            other_stores=options.other_stores,
        )
        worlds.append(synthetic.build(plan, seller_id, f"Sandbox seller {place}", options.last_day))
    return worlds
