"""The sandbox's command-line options, for every command that starts one."""

from collections.abc import Callable
from typing import Any

import click

from xpert_pipeline.sandbox.app import DECLARATIONS, build_faults
from xpert_pipeline.sandbox.control.fault_list import fault_lines
from xpert_pipeline.sandbox.marketplaces import check_stores
from xpert_pipeline.sandbox.option_types import DAY, PORT, SEED, Finite, Whole
from xpert_pipeline.sandbox.serving.roles import known_role

MOST_DAYS = 3_660
"""Ten years."""
MANY = Whole(1, 1_000_000)


def sandbox_options(port_flag: str = "--port") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds every sandbox option to a click command; `port_flag` names the port option.

    The command receives the values as sandbox_port, orders_csv, stock_csv, as_of, seed, days, orders_per_day, skus,
    seller_count, marketplaces, rate_scale, denied_roles and faults: pass them to `SandboxOptions.from_cli`.
    """
    options = (
        click.option(port_flag, "sandbox_port", type=PORT, default=0, metavar="PORT",
                     help="Loopback port of the SP-API sandbox (default: a free one)."),
        click.option("--orders-csv", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Serve the orders of this Seller Central all-orders export (.csv, .gz, .xz)."),
        click.option("--stock-csv", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Serve the stock of this list (columns SKU Code, Stock) beside the orders of --orders-csv."),
        click.option("--as-of", type=DAY, metavar="DAY",
                     help="The sandbox world's last day (default: yesterday, fixed at the first start)."),
        click.option("--seed", type=SEED, default=1, show_default=True, metavar="NUMBER",
                     help="Seed of the invented world: another number invents another shop."),
        click.option("--days", type=Whole(1, MOST_DAYS), default=30, show_default=True,
                     help="Days of history."),
        click.option("--orders-per-day", type=MANY, default=150, show_default=True,
                     help="Orders per day in the invented world."),
        click.option("--skus", type=MANY, default=200, show_default=True, help="SKUs in the invented world."),
        click.option("--sellers", "seller_count", type=Whole(1, 10_000), default=1, show_default=True,
                     help="Number of sellers in the sandbox."),
        click.option("--marketplaces", metavar="ID,ID", callback=_marketplaces,
                     help="Stores of every invented seller, all in the Europe region (default: A21TJRUUN4KGV)."),
        click.option("--rate-scale", type=Finite(0, 1_000_000), default=1.0, show_default=True, metavar="X",
                     help="Multiplies Amazon's rates and divides its waiting times; 0 = no limits."),
        click.option("--deny-role", "denied_roles", multiple=True, metavar="ROLE", callback=_roles,
                     help="A role that the sellers have not granted; repeatable."),
        click.option("--fault", "faults", multiple=True, metavar="NAME[@SELLER][+SKIP][:COUNT]",
                     callback=_faults, help="Switch on a fault for COUNT requests (default: until switched off), only "
                     "for the SELLER with this number (1 is the first), after SKIP unaffected requests; repeatable."),
    )  # fmt: skip

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def list_faults_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--list-faults`, which prints every fault and exits; for commands that only start a sandbox."""
    return click.option(
        "--list-faults",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_list_faults,
        help="List every fault that --fault accepts, its effect, and what it can strike.",
    )(command)


def _list_faults(context: click.Context, _parameter: click.Parameter, is_requested: bool) -> None:
    if is_requested:
        for line in fault_lines(DECLARATIONS):
            click.echo(line)
        context.exit()


def _marketplaces(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    ids = tuple(part.strip() for part in value.split(",") if part.strip())
    if not value.isprintable():
        raise click.BadParameter(f"{value!r} names no marketplace")
    try:
        check_stores(ids)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return ids


def _roles(_context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(known_role(name) for name in names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _faults(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        build_faults(texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return texts
