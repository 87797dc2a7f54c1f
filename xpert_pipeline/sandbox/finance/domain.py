"""The domain of money: seller economics, and the transactions of the account."""

from functools import partial

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.faults import WORLD, FaultKind
from xpert_pipeline.sandbox.finance.advertising_truth import advertising_spend
from xpert_pipeline.sandbox.finance.economics import (
    FEE_TOO_HIGH,
    RESTATED,
    SALES_TOO_LOW,
    economics_groups,
    economics_record,
)
from xpert_pipeline.sandbox.finance.fees_truth import fees_breakdown
from xpert_pipeline.sandbox.finance.margins_truth import profit_margins
from xpert_pipeline.sandbox.finance.preview import preview_groups, preview_record
from xpert_pipeline.sandbox.finance.schema import ECONOMICS, TYPES
from xpert_pipeline.sandbox.finance.transactions_api import list_transactions
from xpert_pipeline.sandbox.finance.transactions_faults import FAULTS, TRANSACTIONS
from xpert_pipeline.sandbox.finance.transactions_truth import financial_event_amounts, financial_events
from xpert_pipeline.sandbox.finance.truth import economics_daily
from xpert_pipeline.sandbox.jobs.kiosk_schema import Dataset, KioskSchema
from xpert_pipeline.sandbox.serving.errors import bad_next_token
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.paging import Paging
from xpert_pipeline.sandbox.serving.usage_plans import Plan
from xpert_pipeline.sandbox.world.fee_estimates import PREVIEW_REFUSED

PREVIEWS = f"{WORLD}: previews"
DOMAIN = Domain(
    operations=(
        Operation(
            name="listTransactions",
            method="GET",
            path="/finances/2024-06-19/transactions",
            answer=list_transactions,
            plan=Plan(0.5, 10),
            roles=("Finance and Accounting",),
            heavy=True,
            paging=Paging(
                parameter="nextToken",
                refusal=bad_next_token,
                size_parameter=None,
                default=500,
                most=500,
                is_nested=False,
            ),
            fault_places=(TRANSACTIONS,),
        ),
    ),
    schemas=(
        KioskSchema(
            ECONOMICS,
            TYPES,
            (
                Dataset(
                    name="economics",
                    groups=economics_groups,
                    record=economics_record,
                    fault_places=(WORLD,),
                ),
                Dataset(
                    name="economicsPreview",
                    groups=preview_groups,
                    record=preview_record,
                    fault_places=(PREVIEWS,),
                ),
            ),
        ),
    ),
    truth={
        "economics_daily": economics_daily,
        "financial_events": financial_events,
        "financial_event_amounts": financial_event_amounts,
        "advertising_spend": advertising_spend,
        "fees_breakdown": fees_breakdown,
        "profit_margins": profit_margins,
    },
    faulty_truth={
        (RESTATED, "economics_daily"): partial(economics_daily, restated=True),
        (RESTATED, "advertising_spend"): partial(advertising_spend, restated=True),
        (RESTATED, "fees_breakdown"): partial(fees_breakdown, restated=True),
        (RESTATED, "profit_margins"): partial(profit_margins, restated=True),
        (PREVIEW_REFUSED, "fees_breakdown"): partial(fees_breakdown, previewed=False),
    },
    truth_without={("Brand Analytics", "fees_breakdown"): partial(fees_breakdown, previewed=False)},
    faults=(
        FaultKind(RESTATED, WORLD, "while it is on, charges of the last seven days are higher, in the truth, too"),
        FaultKind(FEE_TOO_HIGH, WORLD, "while it is on, one fee in economics is higher than in the transactions"),
        FaultKind(SALES_TOO_LOW, WORLD, "while it is on, economics has less product sales on one day than the orders"),
        FaultKind(
            PREVIEW_REFUSED,
            PREVIEWS,
            "while it is on, Data Kiosk rejects economicsPreview; the truth knows batches only",
        ),
        *FAULTS,
    ),
)
