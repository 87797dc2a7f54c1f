"""The domain of settlement reports."""

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.settlements.report import FAULTS, SETTLEMENT_REPORT
from xpert_pipeline.sandbox.settlements.truth import settlement_rows, settlements

DOMAIN = Domain(
    reports=(SETTLEMENT_REPORT,),
    truth={"settlements": settlements, "settlement_rows": settlement_rows},
    faults=FAULTS,
)
