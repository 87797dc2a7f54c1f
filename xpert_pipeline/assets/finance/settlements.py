"""settlements: one row for each settlement, which is what Amazon paid or will pay for a period."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Quantity


class SettlementRow(TypedDict):
    """One settlement: its period, its total, and whether its rows add up to it."""

    marketplace_id: MarketplaceId
    settlement_id: Annotated[Id, "Amazon's id of the settlement."]
    settlement_date: Annotated[date, "Marketplace-local day on which the period ended; the partition."]
    started_at: Annotated[Instant | None, "Start of the period.", Null("The report has a day without a time.")]
    ended_at: Annotated[Instant | None, "End of the period.", Null("The report has a day without a time.")]
    deposited_at: Annotated[
        Instant | None, "When Amazon paid.", Null("The report has no date, or a day without a time.")
    ]
    total_amount: Annotated[Amount, "What Amazon paid, from the report's summary; negative if the seller owes it."]
    rows_amount: Annotated[Amount, "Sum of the settlement's rows in settlement_rows that are in currency."]
    difference_amount: Annotated[Amount, "total_amount - rows_amount."]
    is_balanced: Annotated[
        Flag, "Whether the rows add up to the total, no line was rejected and all amounts are in one currency."
    ]
    row_count: Annotated[Quantity, "Rows in settlement_rows."]
    rejected_count: Annotated[Quantity, "Lines of the report that could not be read; see rejected_records."]
    currency: Annotated[Currency, "ISO 4217 code of the amounts."]
    report_id: Annotated[Id, "Amazon's id of the report that the settlement was read from."]
    report_document_id: Annotated[Id, "Amazon's id of the report's document."]
    report_created_at: Annotated[Instant | None, "When Amazon made the report."]


SETTLEMENTS = Table(
    "settlements",
    SettlementRow,
    key=("settlement_id",),
    day="settlement_date",
    about=About(
        grain="a settlement: what Amazon paid for a period; India has one for each way of payment",
        source="the report GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2, which Amazon makes by itself",
        freshness="A settlement arrives with the first sync after Amazon has made its report.",
        restatement="A settlement does not change. Amazon drops its report after 90 days; the table keeps it. Never "
        "add settlements to financial_events: they hold the same money.",
        example="select settlement_date, total_amount, currency, is_balanced from settlements\n"
        "order by settlement_date desc;",
    ),
)
