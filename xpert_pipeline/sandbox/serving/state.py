"""The part of a running sandbox's state that every call needs. `jobs/state.py` adds reports and queries."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.faults import Faults
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.serving.access_tokens import AccessTokens
from xpert_pipeline.sandbox.serving.consent import Codes
from xpert_pipeline.sandbox.serving.pace import Pace
from xpert_pipeline.sandbox.serving.paging import PageTokens
from xpert_pipeline.sandbox.serving.statistics import Statistics
from xpert_pipeline.sandbox.serving.usage_plans import Buckets
from xpert_pipeline.sandbox.world.worlds import Worlds


@dataclass(kw_only=True)
class State:
    """Everything that changes while the sandbox runs.

    Attributes:
        options: The sandbox's options.
        worlds: The sellers' worlds by seller id, in the sellers' order.
        endpoint: Address of the sandbox.
        plans: Amazon's usage plan (rate, burst) for each operation.
        faults: The faults that are on.
    """

    options: SandboxOptions
    worlds: Worlds
    endpoint: str
    plans: Mapping[str, tuple[float, int]]
    faults: Faults
    pace: Pace = field(init=False)
    statistics: Statistics = field(default_factory=Statistics)
    buckets: Buckets = field(init=False)
    access_tokens: AccessTokens = field(init=False)
    page_tokens: PageTokens = field(init=False)
    codes: Codes = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.options.rate_scale)
        self.buckets = Buckets(self.pace, self.plans)
        self.access_tokens = AccessTokens(self.pace, list(self.worlds))
        self.page_tokens = PageTokens(self.pace)
        self.codes = Codes(self.pace)
