"""GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2 as text: 24 columns, in the style of dates and amounts of the store.

India and the stores with a decimal comma write dates as DD.MM.YYYY, Britain and Ireland as DD/MM/YYYY, the others as
YYYY-MM-DD. A report that was listed once may be listed again, with the same document or with a copy of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from xpert_pipeline.sandbox.faults import FaultKind
from xpert_pipeline.sandbox.jobs.flat_file import flat_line, line_of
from xpert_pipeline.sandbox.jobs.report_kind import MadeReport, ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.settlements.lines import SettlementLine, closed_periods, lines_of
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.settlement_periods import Period

REPORT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
COLUMNS = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name",
    "amount-type", "amount-description", "amount", "fulfillment-id", "posted-date", "posted-date-time",
    "order-item-code", "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased",
    "promotion-id",
)  # fmt: skip
COPIED_IN = 4
"""One settlement in this many is also listed with another document."""
PLACE, CUT, FEE_TOO_HIGH = "settlement", "settlement-cut", "settlement-fee-too-high"
FAULTS = (
    FaultKind(CUT, PLACE, "a settlement report ends after half of its rows, at the end of a line"),
    FaultKind(FEE_TOO_HIGH, PLACE, "in the newest settlement, the commission of one order is higher than charged"),
)
TOO_HIGH_CENTS = 5_00
_DAYS = {"comma": "%d.%m.%Y", "IN": "%d.%m.%Y", "GB": "%d/%m/%Y", "IE": "%d/%m/%Y"}
_COMMA = frozenset(("DE", "FR", "IT", "ES", "NL", "BE", "SE", "PL", "TR"))


def made_reports(world: World) -> list[MadeReport]:
    """Return all reports of a seller, in the order in which Amazon lists them; one document may be listed twice."""
    made = []
    for marketplace_id in world.marketplace_ids:
        for period in reversed(closed_periods(world, marketplace_id)):
            documents = ["first", "first"]
            if number("copied", period.settlement) % COPIED_IN == 0:
                documents.append("copy")
            made += [
                MadeReport(
                    name=f"{period.settlement} {place}",
                    document=f"{period.settlement} {document}",
                    created=period.end,
                    start=period.start,
                    end=period.end,
                    marketplace_ids=(marketplace_id,),
                    options={"settlement": period.settlement},
                )
                for place, document in enumerate(documents)
            ]
    return made


def _write(content: ReportInput) -> Iterator[str]:
    (marketplace_id,) = content.report.marketplace_ids
    settlement = content.report.options["settlement"]
    periods = closed_periods(content.world, marketplace_id)
    period = next(period for period in periods if period.settlement == settlement)
    lines = list(lines_of(content.world, marketplace_id, period))
    if CUT in content.faults:
        lines = lines[: len(lines) // 2]
    cents = period.cents
    if FEE_TOO_HIGH in content.faults and period is _with_commission(content.world, marketplace_id, periods):
        cents, lines = cents - TOO_HIGH_CENTS, _too_high(lines)
    store = STORES[marketplace_id]
    yield "\t".join(COLUMNS) + "\r\n"
    yield flat_line(_summary(period, cents, store), COLUMNS, "\r\n")
    for line in lines:
        yield line_of(_cells(period, line, store), "\r\n")


def _with_commission(world: World, marketplace_id: str, periods: Sequence[Period]) -> Period | None:
    """Return the newest settlement with the commission of an order."""
    for period in reversed(periods):
        if any(_is_commission(line) for line in lines_of(world, marketplace_id, period)):
            return period
    return None


def _too_high(lines: list[SettlementLine]) -> list[SettlementLine]:
    """Charge more commission for the last order that has one."""
    place = max(number for number, line in enumerate(lines) if _is_commission(line))
    return [*lines[:place], lines[place]._replace(cents=lines[place].cents - TOO_HIGH_CENTS), *lines[place + 1 :]]


def _is_commission(line: SettlementLine) -> bool:
    return line.label.description == "Commission" and bool(line.order_id and line.sku)


def _summary(period: Period, cents: int, store: Store) -> dict[str, str]:
    return {
        "settlement-id": period.settlement,
        "settlement-start-date": _moment(period.start, store),
        "settlement-end-date": _moment(period.end, store),
        "deposit-date": _moment(period.deposited, store),
        "total-amount": _amount(cents, store),
        "currency": store.currency,
    }


def _cells(period: Period, line: SettlementLine, store: Store) -> tuple[str, ...]:
    """Return the cells of a row, in the order of the columns."""
    moment = _moment(line.posted, store)
    order_id = line.order_id
    return (
        *(period.settlement, "", "", "", "", ""),
        *(line.transaction_type, order_id, order_id if line.marketplace_name else "", line.adjustment_id),
        *(line.shipment_id, line.marketplace_name, *line.label, _amount(line.cents, store), line.network),
        *(moment.partition(" ")[0], moment, line.order_item_code, "", "", line.sku),
        *("" if line.quantity is None else str(line.quantity), line.promotion_id),
    )


@lru_cache(maxsize=1_000)
def _moment(seconds: int, store: Store) -> str:
    style: Mapping[str, str] = _DAYS
    day = style["comma"] if store.country in _COMMA else style.get(store.country, "%Y-%m-%d")
    return datetime.fromtimestamp(seconds, UTC).strftime(f"{day} %H:%M:%S UTC")


@lru_cache(maxsize=10_000)
def _amount(cents: int, store: Store) -> str:
    text = f"{Decimal(cents) / 100:.2f}"
    return text.replace(".", ",") if store.country in _COMMA else text


def _count(_world: World, _report: Report) -> int:
    """Return 0: nobody can request this report."""
    return 0


SETTLEMENT_REPORT = ReportKind(
    name=REPORT,
    roles=("Finance and Accounting",),
    content_type="text/tab-separated-values",
    count=_count,
    write=_write,
    minimum_seconds=None,
    made=made_reports,
    fault_places=(PLACE,),
)
