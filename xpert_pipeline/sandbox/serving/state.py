"""What a running sandbox holds."""

from dataclasses import dataclass, field

from xpert_pipeline.sandbox.faults import Faults
from xpert_pipeline.sandbox.jobs.documents import Documents
from xpert_pipeline.sandbox.jobs.query_store import QueryStore
from xpert_pipeline.sandbox.jobs.report_limits import AppPlans
from xpert_pipeline.sandbox.jobs.report_store import ReportStore
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.serving.access_tokens import AccessTokens
from xpert_pipeline.sandbox.serving.pace import Pace
from xpert_pipeline.sandbox.serving.paging import PageTokens
from xpert_pipeline.sandbox.serving.statistics import Statistics
from xpert_pipeline.sandbox.serving.usage_plans import Buckets
from xpert_pipeline.sandbox.world.worlds import Worlds


@dataclass(slots=True)
class State:
    """Worlds by seller id in their order, and everything that changes while the sandbox runs."""

    options: SandboxOptions
    worlds: Worlds
    endpoint: str
    pace: Pace = field(init=False)
    faults: Faults = field(default_factory=Faults)
    statistics: Statistics = field(default_factory=Statistics)
    buckets: Buckets = field(init=False)
    access_tokens: AccessTokens = field(init=False)
    page_tokens: PageTokens = field(init=False)
    reports: ReportStore = field(init=False)
    app_plans: AppPlans = field(init=False)
    queries: QueryStore = field(init=False)
    documents: Documents = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.options.rate_scale)
        self.buckets = Buckets(self.pace)
        self.access_tokens = AccessTokens(self.pace, list(self.worlds))
        self.page_tokens = PageTokens(self.pace)
        self.reports = ReportStore(self.pace)
        self.app_plans = AppPlans(self.pace)
        self.queries = QueryStore(self.pace)
        self.documents = Documents()
