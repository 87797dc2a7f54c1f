"""Finds the columns of a file of costs by their names, however they are spelled."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

NAMES = {
    "sku": "sku msku sellersku merchantsku itemsku skucode skuid skuno",
    "cost": (
        "unitcost cost costprice costperunit unitcostprice cogs costofgoods costofgoodssold landedcost productcost "
        "itemcost purchaseprice purchasecost buyingprice buyprice transferprice tp"
    ),
    "currency": "currency currencycode costcurrency",
    "valid_from": "validfrom from fromdate startdate effectivefrom effectivedate date since",
    "valid_to": "validto to todate enddate until validuntil effectiveto",
    "marketplace": "marketplace marketplaceid store country salechannel saleschannel",
    "cost_of": "costof costtype",
}
"""What the table needs → names of columns, as `_plain` writes them."""
OPTIONS = {"sku": "--sku-column", "cost": "--cost-column"}
_UNIT = re.compile(r"\(([^()]*)\)\s*$")


class ColumnsUnknown(ValueError):
    """The columns cannot be told from their names; the message says which, and what to do.

    Args:
        message: The message.
        is_header: Whether the line looks like the header all the same.
    """

    def __init__(self, message: str, *, is_header: bool) -> None:
        super().__init__(message)
        self.is_header = is_header


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the values of a row are.

    Attributes:
        width: Number of cells of the header.
        places: What it is → its place, for what the file has.
        cost_name: Name of the column of the costs.
        cost_unit: What that name has in brackets at its end: "Cost (INR)".
    """

    width: int
    places: dict[str, int]
    cost_name: str
    cost_unit: str

    def cell(self, row: Sequence[str], what: str) -> str:
        """Return a row's value without spaces around it; empty if the file has no such column."""
        place = self.places.get(what)
        return "" if place is None else row[place].strip()


def find_columns(header: Sequence[str], named: dict[str, str]) -> Columns:
    """Find the columns of a header.

    Args:
        header: Its cells.
        named: "sku" and "cost" → the column that the user named.

    Raises:
        ColumnsUnknown: A column is missing, or several could be the one.
    """
    found = {what: _places(header, what, named.get(what)) for what in NAMES}
    for what in ("sku", "cost"):
        if not found[what]:
            raise ColumnsUnknown(_missing(header, what, named.get(what)), is_header=bool(found["sku"]))
    for what, places in found.items():
        if len(places) > 1:
            several = " and ".join(repr(header[place].strip()) for place in places)
            remedy = f"name one of them with {OPTIONS[what]}" if what in OPTIONS and what not in named else "rename one"
            raise ColumnsUnknown(f"the columns {several} could both be {_words(what)}: {remedy}", is_header=True)
    single = {what: places[0] for what, places in found.items() if places}
    cost_name = header[single["cost"]].strip()
    unit = _UNIT.search(cost_name)
    return Columns(len(header), single, cost_name, unit[1].strip() if unit else "")


def _places(header: Sequence[str], what: str, name: str | None) -> list[int]:
    if name is not None:
        exact = [place for place, cell in enumerate(header) if cell.strip() == name.strip()]
        return exact or [place for place, cell in enumerate(header) if _plain(cell) == _plain(name)]
    known = NAMES[what].split()
    return [place for place, cell in enumerate(header) if _plain(_UNIT.sub("", cell)) in known]


def _plain(name: str) -> str:
    """A name without what people spell in different ways: "Seller SKU", "seller-sku" and "SellerSku" are one."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _missing(header: Sequence[str], what: str, name: str | None) -> str:
    columns = ", ".join(repr(cell.strip()[:40]) for cell in header if cell.strip()) or "none"
    lacking = f"no column {name!r}" if name is not None else f"no column that is known to be {_words(what)}"
    return f"{lacking}. Its columns are {columns}: name the column with {OPTIONS[what]}"


def _words(what: str) -> str:
    return {"sku": "the SKU", "cost": "the cost"}.get(what, what)
