"""Tags queued runs with their seller, their days and who starts them, whoever launched them.

Runs of the UI carry only a partition range.
"""

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext

from xpert_pipeline.holders import holder_tags
from xpert_pipeline.partitions import DAYS, SELLER, days_of_run, sellers_of_run
from xpert_pipeline.wording import day_span

MANY = "__many__"


class SellerTaggingRunCoordinator(QueuedRunCoordinator):
    """Tags each run with its seller and days before it is queued, so that a seller has one run at a time."""

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """Tag the run, then queue it."""
        run = context.dagster_run
        sellers = sellers_of_run(run.tags, self._instance.get_dynamic_partitions("sellers"))
        tags = holder_tags(self._instance, run.run_id)
        if sellers and SELLER not in run.tags:
            tags[SELLER] = sellers[0] if len(sellers) == 1 else MANY
            tags[DAYS] = day_span(days_of_run(run.tags))
        self._instance.add_run_tags(run.run_id, tags)
        return super().submit_run(context)
