"""The domain of returns."""

from functools import partial

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.returns.reports import FAULTS, MOVED, REPORTS
from xpert_pipeline.sandbox.returns.truth import fba_returns, merchant_returns, returns_refunds

DOMAIN = Domain(
    reports=REPORTS,
    truth={"fba_returns": fba_returns, "merchant_returns": merchant_returns, "returns_refunds": returns_refunds},
    faulty_truth={
        (MOVED, "fba_returns"): partial(fba_returns, moved=True),
        (MOVED, "returns_refunds"): partial(returns_refunds, moved=True),
    },
    faults=FAULTS,
)
