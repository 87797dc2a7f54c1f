"""What a forecast is made from: the units of each SKU by day, the days that count, and what SKUs have in common."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]
_SEPARATOR = re.compile(r"[-_/ .]")


@dataclass(frozen=True)
class History:
    """Daily demand of one marketplace.

    Attributes:
        skus: The SKUs, one row each.
        first_day: The first day; the columns follow it without a gap.
        units: Units by SKU and day. A negative number counts as 0.
        counts: Whether a SKU's day tells its demand: not if the SKU was out of stock and sold nothing.
        styles: For each SKU the number of its style.
        categories: For each SKU the number of its category.
    """

    skus: Sequence[str]
    first_day: date
    units: Floats
    counts: Flags
    styles: Numbers
    categories: Numbers

    @property
    def days(self) -> int:
        """The number of days."""
        return int(self.units.shape[1])

    @property
    def last_day(self) -> date:
        """The last day: the origin of a forecast."""
        return self.first_day + timedelta(days=self.days - 1)

    def until(self, days: int) -> "History":
        """Return the history as it was after its first days."""
        return replace(self, units=self.units[:, :days], counts=self.counts[:, :days])


def make_history(
    *,
    skus: Sequence[str],
    first_day: date,
    units: Floats,
    out_of_stock: Flags | None = None,
    styles: Sequence[str] | None = None,
    categories: Sequence[str] | None = None,
) -> History:
    """Return a history.

    Args:
        skus: The SKUs, one row each.
        first_day: The first day.
        units: Units by SKU and day.
        out_of_stock: Whether the SKU was out of stock on the day; default: never.
        styles: For each SKU its style; default: by `style_of`.
        categories: For each SKU its category; default: all have the same.
    """
    sold = np.maximum(np.asarray(units, dtype=np.float64), 0)
    counts = np.ones(sold.shape, dtype=np.bool_) if out_of_stock is None else ~out_of_stock | (sold > 0)
    return History(
        skus=tuple(skus),
        first_day=first_day,
        units=sold,
        counts=counts,
        styles=_numbered([style_of(sku) for sku in skus] if styles is None else styles),
        categories=_numbered([""] * len(skus) if categories is None else categories),
    )


def style_of(sku: str) -> str:
    """Return what the SKUs of a style have in common: the text before the first of - _ / . or space."""
    return _SEPARATOR.split(sku.strip(), maxsplit=1)[0] or sku


def _numbered(names: Sequence[str]) -> Numbers:
    places = {name: place for place, name in enumerate(sorted(set(names)))}
    return np.array([places[name] for name in names], dtype=np.int64)
