"""What a sandbox is started with, and the command-line options for it, for every command that starts one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import click

from xpert_pipeline.sandbox import roles
from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.sandbox.marketplaces import IST


def yesterday() -> date:
    """The last complete day of the sandbox's marketplace: a new world's last day."""
    return datetime.now(IST).date() - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Options of a sandbox.

    Attributes:
        port: Loopback port, 0 for any free one.
        orders_csv: A Seller Central all-orders export (.csv, .csv.gz, .csv.xz) to take the orders from.
        as_of: The world's last day; yesterday (marketplace time) where it is None.
        seed: Of the invented world.
        days: Days of invented history that end with `as_of`.
        orders_per_day: Of the first seller; the others' sizes differ.
        skus: As above.
        sellers: Number of sellers.
        rate_scale: 1 is Amazon's pace, 10 ten times as fast, 0 without limits.
        denied_roles: Roles that the sellers have not granted.
        faults: Faults switched on at the start.
        other_stores: Whether the invented sellers also sell on Amazon.ae.
    """

    port: int = 0
    orders_csv: Path | None = None
    as_of: date | None = None
    seed: int = 1
    days: int = 30
    orders_per_day: int = 150
    skus: int = 200
    sellers: int = 1
    rate_scale: float = 1.0
    denied_roles: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    other_stores: bool = False

    @property
    def last_day(self) -> date:
        """The world's last day."""
        return self.as_of or yesterday()

    @classmethod
    def from_cli(cls, **values: Any) -> Self:
        """Options out of what click parsed; names that are none of ours are left aside.

        Raises:
            click.UsageError: A fault is for a seller that there is not.
        """
        try:
            for word in values.get("faults") or ():
                FaultRule.parse(word, [""] * (values.get("seller_count") or 1))
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        as_of = values.get("as_of")
        orders_csv = values.get("orders_csv")
        return cls(
            port=values.get("sandbox_port") or 0,
            orders_csv=Path(orders_csv) if orders_csv else None,
            as_of=as_of.date() if isinstance(as_of, datetime) else as_of,
            denied_roles=tuple(values.get("denied_roles") or ()),
            faults=tuple(values.get("faults") or ()),
            **{
                name: values[name]
                for name in ("seed", "days", "orders_per_day", "skus", "rate_scale", "other_stores")
                if values.get(name) is not None
            },
            **({"sellers": values["seller_count"]} if values.get("seller_count") else {}),
        )

    def fixed(self) -> Self:
        """The same with its last day written down, for a server that outlives midnight."""
        return replace(self, as_of=self.last_day)

    def arguments(self) -> list[str]:
        """The command line that means the same, without the port."""
        words = [f"--orders-csv={self.orders_csv.resolve()}"] if self.orders_csv else []
        if self.as_of:
            words.append(f"--as-of={self.as_of.isoformat()}")
        sizes = ("seed", "days", "orders_per_day", "skus", "sellers", "rate_scale")
        words += [f"--{name.replace('_', '-')}={getattr(self, name)}" for name in sizes]
        words += [f"--deny-role={role}" for role in self.denied_roles]
        words += [f"--fault={fault}" for fault in self.faults]
        return words + (["--other-stores"] if self.other_stores else [])


def sandbox_options(port_flag: str = "--port") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Every option of the sandbox, as a decorator of a click command; the port under a name of your choice.

    The values arrive as sandbox_port, orders_csv, as_of, seed, days, orders_per_day, skus, seller_count,
    rate_scale, denied_roles, faults and other_stores: pass them to `SandboxOptions.from_cli`.
    """
    most = click.IntRange(min=1)
    options = (
        click.option(port_flag, "sandbox_port", type=click.IntRange(0, 65_535), default=0, metavar="PORT",
                     help="Loopback port of the SP-API sandbox (default: a free one)."),
        click.option("--orders-csv", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Serve the orders of this Seller Central all-orders export (.csv, .gz, .xz)."),
        click.option("--as-of", type=click.DateTime(formats=["%Y-%m-%d"]), metavar="DAY",
                     help="The sandbox world's last day (default: yesterday, fixed at the first start)."),
        click.option("--seed", type=int, default=1, show_default=True, help="Of the invented world."),
        click.option("--days", type=most, default=30, show_default=True, help="Days of history."),
        click.option("--orders-per-day", type=most, default=150, show_default=True, help="Of the invented world."),
        click.option("--skus", type=most, default=200, show_default=True, help="Of the invented world."),
        click.option("--sellers", "seller_count", type=most, default=1, show_default=True,
                     help="Number of sellers in the sandbox."),
        click.option("--rate-scale", type=click.FloatRange(min=0), default=1.0, show_default=True, metavar="X",
                     help="Multiplies Amazon's rates and divides its waiting times; 0 = no limits."),
        click.option("--deny-role", "denied_roles", multiple=True, metavar="ROLE", callback=_roles,
                     help="A role that the sellers have not granted; repeatable."),
        click.option("--fault", "faults", multiple=True, metavar="NAME[@SELLER][+SKIP][:COUNT]",
                     callback=_faults, help="Switch a fault on, for COUNT requests or until switched off; of one "
                     "SELLER by its place (1 is the first), after SKIP good requests; repeatable."),
        click.option("--other-stores", is_flag=True, hidden=True, help="Invented sellers also sell on Amazon.ae."),
    )  # fmt: skip

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _roles(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(roles.known(name) for name in given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _faults(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for word in given:
            FaultRule.parse(word)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return given
