"""The domain of the account's health."""

from xpert_pipeline.sandbox.account.report import SELLER_PERFORMANCE
from xpert_pipeline.sandbox.account.truth import account_health
from xpert_pipeline.sandbox.domain import Domain

DOMAIN = Domain(reports=(SELLER_PERFORMANCE,), truth={"account_health": account_health})
