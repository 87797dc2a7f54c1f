"""Which world the sandbox serves: its options and its last day, kept in the data directory from the first start on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.identity import world_id
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError

KEPT = ("seed", "days", "orders_per_day", "skus", "seller_count", "rate_scale", "marketplaces")


def fixed_options(home: Home, given: dict[str, Any] | None) -> SandboxOptions:
    """The options of a command line, or those used last; with the world's last day as its first start fixed it.

    Args:
        home: Where the last day is kept.
        given: What click parsed, None for a command that names no world.

    Raises:
        PreconditionError: If the orders file cannot be read.
    """
    options = SandboxOptions.from_cli(**(given if given is not None else home.world() or {}))
    try:
        world = world_id(options)
    except NotAnOrderReportError as error:
        raise PreconditionError(str(error)) from error
    return replace(options, as_of=home.as_of(world, options.as_of, options.last_day))


def keep_world(home: Home, given: dict[str, Any] | None) -> None:
    """Remember a world that has started, for commands that name none."""
    if given is not None:
        home.keep_world(_kept(given))


def _kept(given: dict[str, Any]) -> dict[str, Any]:
    """What describes the world and its pace; faults and roles belong to one start alone."""
    plain = {name: given[name] for name in KEPT if given.get(name) is not None}
    return plain | ({"orders_csv": str(Path(given["orders_csv"]).resolve())} if given.get("orders_csv") else {})
