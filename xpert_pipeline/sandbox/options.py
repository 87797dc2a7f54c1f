"""The options of a sandbox."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

import click

from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.sandbox.marketplaces import INDIA, check_stores, yesterday


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Options of a sandbox.

    Attributes:
        port: Loopback port, 0 for any free one.
        orders_csv: A Seller Central all-orders export (.csv, .csv.gz, .csv.xz) to take the orders from.
        stock_csv: The stock list of the seller with these orders (.csv, .csv.gz, .csv.xz).
        as_of: The world's last day in every store. None means the last day that is complete in all stores.
        seed: Seed of the invented world.
        days: Days of invented history; the last one is `as_of`.
        orders_per_day: Orders per day of the first seller in India; other sellers and other stores differ.
        skus: SKUs of the first seller in India; other sellers and other stores differ.
        sellers: Number of sellers.
        marketplaces: The stores of every invented seller, in order, all in the Europe region. Orders from a file keep
            their own stores.
        rate_scale: 1 is Amazon's pace, 10 is ten times as fast, 0 means no limits.
        denied_roles: Roles that the sellers have not granted.
        denied_marketplaces: Stores for which each call with `marketplaceIds` answers 403, although the role is granted.
        faults: Faults switched on at the start.
    """

    port: int = 0
    orders_csv: Path | None = None
    stock_csv: Path | None = None
    as_of: date | None = None
    seed: int = 1
    days: int = 30
    orders_per_day: int = 150
    skus: int = 200
    sellers: int = 1
    marketplaces: tuple[str, ...] = (INDIA,)
    rate_scale: float = 1.0
    denied_roles: tuple[str, ...] = ()
    denied_marketplaces: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reject stores that one sandbox cannot serve.

        Raises:
            ValueError: See `check_stores`.
        """
        check_stores(self.marketplaces)

    @property
    def last_day(self) -> date:
        """The world's last day."""
        return self.as_of or yesterday(self.marketplaces)

    @classmethod
    def from_cli(cls, **values: Any) -> Self:
        """Make options from values that click parsed; ignore values of other options.

        Raises:
            click.UsageError: A fault names a seller that does not exist, or there is a stock list without orders.
        """
        try:
            for word in values.get("faults") or ():
                FaultRule.parse(word, [""] * (values.get("seller_count") or 1))
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        as_of = values.get("as_of")
        orders_csv, stock_csv = values.get("orders_csv"), values.get("stock_csv")
        if stock_csv and not orders_csv:
            raise click.UsageError("--stock-csv needs --orders-csv: it is the stock of the seller with these orders")
        return cls(
            port=values.get("sandbox_port") or 0,
            orders_csv=Path(orders_csv) if orders_csv else None,
            stock_csv=Path(stock_csv) if stock_csv else None,
            as_of=as_of.date() if isinstance(as_of, datetime) else as_of,
            marketplaces=tuple(values.get("marketplaces") or (INDIA,)),
            denied_roles=tuple(values.get("denied_roles") or ()),
            faults=tuple(values.get("faults") or ()),
            **{
                name: values[name]
                for name in ("seed", "days", "orders_per_day", "skus", "rate_scale")
                if values.get(name) is not None
            },
            **({"sellers": values["seller_count"]} if values.get("seller_count") else {}),
        )

    def fixed(self) -> Self:
        """Return the same options with a fixed last day, for a server that runs past midnight."""
        return replace(self, as_of=self.last_day)

    def arguments(self) -> list[str]:
        """Return the equivalent command line, without the port."""
        arguments = [f"--orders-csv={self.orders_csv.resolve()}"] if self.orders_csv else []
        if self.stock_csv:
            arguments.append(f"--stock-csv={self.stock_csv.resolve()}")
        if self.as_of:
            arguments.append(f"--as-of={self.as_of.isoformat()}")
        sizes = ("seed", "days", "orders_per_day", "skus", "sellers", "rate_scale")
        arguments += [f"--{name.replace('_', '-')}={getattr(self, name)}" for name in sizes]
        arguments.append(f"--marketplaces={','.join(self.marketplaces)}")
        arguments += [f"--deny-role={role}" for role in self.denied_roles]
        return arguments + [f"--fault={fault}" for fault in self.faults]
