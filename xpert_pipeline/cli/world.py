"""Which world the sandbox serves: its options and its last day, kept in the data directory from the first start on."""

from dataclasses import replace
from typing import Any

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.identity import world_id
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError


def fixed_options(home: Home, given: dict[str, Any] | None) -> SandboxOptions:
    """The options of a command line, or those used last; with the world's last day as its first start fixed it.

    Args:
        home: Where the last day is kept.
        given: What click parsed, None for a command that names no world.

    Raises:
        PreconditionError: If the orders file cannot be read.
    """
    kept = home.world()
    options = SandboxOptions.from_cli(**(given if given is not None else kept or {}))
    try:
        world = world_id(options)
    except NotAnOrderReportError as error:
        raise PreconditionError(str(error)) from error
    if given is not None:
        home.keep_world(_plain(given))
    return replace(options, as_of=home.as_of(world, options.as_of, options.last_day))


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """What describes the world; its pace, faults and roles belong to one start alone."""
    names = ("orders_csv", "seed", "days", "orders_per_day", "skus", "seller_count", "rate_scale", "other_stores")
    return {
        name: str(given[name]) if name == "orders_csv" else given[name] for name in names if given.get(name) is not None
    }
