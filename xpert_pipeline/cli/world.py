"""The world that the sandbox serves. The data directory keeps its options and its last day from the first start on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.identity import world_id
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError

KEPT: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("seed", "days", "orders_per_day", "skus", "seller_count"), int),
    "rate_scale": (int, float),
    "marketplaces": list,
    "orders_csv": str,
    "stock_csv": str,
}
"""The options that describe the world and its pace, with their types in the file."""
FILES = ("orders_csv", "stock_csv")
"""Those that name a file."""


def fixed_options(home: Home, parsed: dict[str, Any] | None) -> SandboxOptions:
    """Return the sandbox's options, with the last day that the world's first start has fixed.

    Args:
        home: The data directory.
        parsed: The options as click parsed them; None for those that were used last.

    Raises:
        PreconditionError: The orders file cannot be read.
    """
    options = SandboxOptions.from_cli(**parsed) if parsed is not None else _last_used(home)
    try:
        world = world_id(options)
    except NotAnOrderReportError as error:
        raise PreconditionError(str(error)) from error
    return replace(options, as_of=home.as_of(world, options.as_of, options.last_day))


def keep_world(home: Home, parsed: dict[str, Any] | None) -> None:
    """Remember a world that has started, for later commands that do not describe one."""
    if parsed is not None:
        home.keep_world(_kept(parsed))


def _last_used(home: Home) -> SandboxOptions:
    kept = home.world() or {}
    for name, value in kept.items():
        if not isinstance(value, KEPT.get(name, ())):
            raise home.damaged_world(f"{name} is {value!r}")
    try:
        return SandboxOptions.from_cli(**kept)
    except (TypeError, ValueError) as error:
        raise home.damaged_world(str(error)) from error


def _kept(parsed: dict[str, Any]) -> dict[str, Any]:
    """The options to keep; faults and denied roles apply to one start only."""
    plain = {name: parsed[name] for name in KEPT if name not in FILES and parsed.get(name) is not None}
    return plain | {name: str(Path(parsed[name]).resolve()) for name in FILES if parsed.get(name)}
