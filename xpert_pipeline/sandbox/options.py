"""What a sandbox is started with."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import click

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
