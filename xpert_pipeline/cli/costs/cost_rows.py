"""Turns the rows of a file of costs into costs; what cannot be one is told by line, and never costs another row."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from xpert_pipeline.cli.costs.cost_cells import CellRefused, DateStyles, NumberStyles, currencies_of, quoted
from xpert_pipeline.cli.costs.cost_file import CostFile, Row, printable
from xpert_pipeline.marketplace_names import MarketplacesRefused, find_marketplaces
from xpert_pipeline.postgres.product_costs import Cost
from xpert_pipeline.sources.document_dates import Order
from xpert_pipeline.sources.document_numbers import Sign
from xpert_pipeline.spapi.documents.charsets import REPLACEMENT
from xpert_pipeline.spapi.marketplaces import MARKETPLACES, by_id

LONGEST_SKU, LONGEST_WORDS = 200, 200
FORMULA = ("=", "+", "-", "@")
"""How a text begins that a spreadsheet program takes for a formula; a template writes ' before it."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the user gave for cells that a file leaves empty, and how to read it.

    Attributes:
        marketplaces: Ids of the seller's marketplaces.
        marketplace_id: `--marketplace`; None for all.
        first_day: `--from`.
        currency: `--currency`.
        cost_of: `--cost-of`.
        decimal: `--decimal`.
        order: `--dates`.
    """

    marketplaces: Sequence[str]
    marketplace_id: str | None = None
    first_day: date | None = None
    currency: str | None = None
    cost_of: str | None = None
    decimal: Sign | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What is to say about a line of the file."""

    line: int
    sku: str
    text: str


@dataclass(slots=True)
class ReadCosts:
    """The costs of a file.

    Attributes:
        costs: What can be imported; no two of them have the same key.
        refused: Lines that cannot, with the reason.
        warnings: Lines that can, with what is strange about them.
        empty: Lines without a cost.
        repeated: Lines that say the same as an earlier one.
    """

    costs: list[Cost] = field(default_factory=list)
    refused: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)


def read_rows(file: CostFile, given: Given) -> ReadCosts:
    """Read all rows of a file."""
    readable = [row for row in file.rows if not row.problem]
    cells = _Cells(file, given, readable)
    done, found = ReadCosts(), list[Cost]()
    done.refused += [Note(row.line, "", row.problem) for row in file.rows if row.problem]
    for row in readable:
        if not file.columns.cell(row.cells, "cost"):
            done.empty.append(row.line)
            continue
        try:
            found.append(cells.cost(row))
        except CellRefused as refusal:
            done.refused.append(Note(row.line, file.columns.cell(row.cells, "sku"), str(refusal)))
    _add_single(done, found)
    done.warnings += [note for cost in done.costs for note in _strange(cost, given)]
    done.warnings += _cut(done.costs)
    done.refused.sort(key=lambda note: note.line)
    return done


def warn_of_unknown(read: ReadCosts, known: Collection[str]) -> None:
    """Add a warning for each SKU that is in no listing and no order; its cost is kept for when it comes."""
    similar = {_folded(sku): sku for sku in known}
    for cost in read.costs:
        if cost.sku not in known:
            other = similar.get(_folded(cost.sku))
            hint = f": is {quoted(other)} meant?" if other else ""
            read.warnings.append(Note(cost.source_line, cost.sku, f"no listing and no order has this SKU{hint}"))


class _Cells:
    """Reads the cells of single rows, in the styles of their columns."""

    def __init__(self, file: CostFile, given: Given, rows: Sequence[Row]) -> None:
        cell: Callable[[Row, str], str] = lambda row, what: file.columns.cell(row.cells, what)  # noqa: E731
        self._cell, self._file, self._given = cell, file, given
        self._numbers = NumberStyles((cell(row, "cost") for row in rows), given.decimal)
        self._dates = DateStyles((cell(row, what) for row in rows for what in ("valid_from", "valid_to")), given.order)
        self._unit = currencies_of(file.columns.cost_unit)

    def cost(self, row: Row) -> Cost:
        """Read a row that has a cost.

        Raises:
            CellRefused: It cannot be a cost.
        """
        amount, named = self._numbers.read(self._cell(row, "cost"))
        marketplace_id = self._marketplace(row)
        first = self._day(row, "valid_from") or self._given.first_day
        if first is None:
            raise CellRefused("the line has no valid_from: fill it in, or give --from")
        last = self._day(row, "valid_to")
        if last is not None and last < first:
            raise CellRefused(f"valid_to {last} is before valid_from {first}")
        words = self._cell(row, "cost_of") or self._given.cost_of or self._file.columns.cost_name
        return Cost(
            sku=self._sku(row),
            marketplace_id=marketplace_id,
            valid_from=first,
            stated_to=last,
            unit_cost=amount,
            currency=self._currency(row, named, marketplace_id),
            cost_of=printable(words)[:LONGEST_WORDS],
            source_file=self._file.name,
            source_line=row.line,
        )

    def _sku(self, row: Row) -> str:
        sku = self._cell(row, "sku")
        if sku[:1] == "'" and sku[1:].startswith(FORMULA):
            sku = sku[1:]
        if not sku:
            raise CellRefused("the line has a cost but no SKU")
        if REPLACEMENT in sku or not sku.isprintable() or len(sku) > LONGEST_SKU:
            raise CellRefused(f"the SKU {quoted(sku)} cannot be read: save the file as UTF-8")
        if sku.startswith("#") and sku.rstrip("!?").isupper() and sku.endswith(("!", "?", "/A")):
            raise CellRefused(f"the SKU {quoted(sku)} is an error of a spreadsheet program")
        return sku

    def _day(self, row: Row, what: str) -> date | None:
        text = self._cell(row, what)
        return self._dates.read(text, what) if text else None

    def _marketplace(self, row: Row) -> str | None:
        text = self._cell(row, "marketplace")
        if not text:
            return self._given.marketplace_id
        if text.casefold() in ("all", "*"):
            return None
        domains = {marketplace.domain.casefold(): marketplace.id for marketplace in MARKETPLACES}
        try:
            (found,) = find_marketplaces([domains.get(text.casefold(), text)])
        except (MarketplacesRefused, ValueError):
            raise CellRefused(f"{quoted(text)} is not one marketplace: write a country code, such as IN") from None
        return found.id

    def _currency(self, row: Row, named: tuple[str, ...], marketplace_id: str | None) -> str:
        """The currency in a row's own cell, else --currency, else that beside the cost, else the marketplace's."""
        text = self._cell(row, "currency")
        own = currencies_of(text)
        if text and not own:
            raise CellRefused(f"{quoted(text)} is not a currency: write a code, such as INR")
        places = [marketplace_id] if marketplace_id else self._given.marketplaces
        usual = tuple(dict.fromkeys(by_id(place).currency for place in places))
        chosen = (self._given.currency,) if self._given.currency else None
        possible = own or chosen or named or self._unit or usual
        for told in (own, named, self._unit):
            if told and not set(told) & set(possible):
                raise CellRefused(f"the line names two currencies: {' or '.join(told)}, and {' or '.join(possible)}")
            possible = tuple(currency for currency in possible if not told or currency in told)
        if len(possible) > 1:
            possible = tuple(currency for currency in possible if currency in usual)
        if len(possible) != 1:
            raise CellRefused(f"nothing tells which currency it is ({', '.join(usual)}): give --currency")
        return possible[0]


def _add_single(done: ReadCosts, found: Iterable[Cost]) -> None:
    """Add costs; of lines that say the same the first is taken, and none of lines that contradict each other."""
    by_key: dict[object, list[Cost]] = defaultdict(list)
    for cost in found:
        by_key[cost.key].append(cost)
    for costs in by_key.values():
        if len({(cost.unit_cost, cost.currency, cost.stated_to, cost.cost_of) for cost in costs}) == 1:
            done.costs.append(costs[0])
            done.repeated += [cost.source_line for cost in costs[1:]]
            continue
        lines = ", ".join(str(cost.source_line) for cost in costs[:5])
        text = f"lines {lines} contradict each other: the same SKU, marketplace and first day"
        done.refused += [Note(cost.source_line, cost.sku, text) for cost in costs]


def _strange(cost: Cost, given: Given) -> Iterable[Note]:
    if not cost.unit_cost:
        yield Note(cost.source_line, cost.sku, "the cost is 0: leave it empty if it is not known")
    if cost.marketplace_id is not None and cost.marketplace_id not in given.marketplaces:
        country = by_id(cost.marketplace_id).country
        yield Note(cost.source_line, cost.sku, f"the seller has no marketplace {country}")
        return
    places = [by_id(place) for place in ([cost.marketplace_id] if cost.marketplace_id else given.marketplaces)]
    if others := [place for place in places if place.currency != cost.currency]:
        where = ", ".join(f"{place.country} ({place.currency})" for place in others)
        yield Note(cost.source_line, cost.sku, f"the cost is in {cost.currency}, not in the currency of {where}")


def _cut(costs: Sequence[Cost]) -> Iterable[Note]:
    """Warn of stated days that the next line of the same SKU cuts."""
    by_sku: dict[object, list[Cost]] = defaultdict(list)
    for cost in costs:
        by_sku[cost.sku, cost.marketplace_id].append(cost)
    for several in by_sku.values():
        several.sort(key=lambda cost: cost.valid_from)
        for cost, following in pairwise(several):
            if cost.stated_to is not None and cost.stated_to >= following.valid_from:
                text = f"valid_to {cost.stated_to} is cut by a later line that begins on {following.valid_from}"
                yield Note(cost.source_line, cost.sku, text)


def _folded(sku: str) -> str:
    """A SKU without what spreadsheet programs and people change: case, spaces, zeros before a number."""
    return "".join(sku.casefold().split()).lstrip("0")
