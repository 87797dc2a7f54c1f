"""Tags queued runs with their seller, whoever launched them. Backfills from the UI carry only a partition range."""

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext

from xpert_pipeline.partitions import sellers_of_run

MANY = "__many__"


class SellerTaggingRunCoordinator(QueuedRunCoordinator):
    """Tags each run with its seller before it is queued, so that a seller has one run at a time."""

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """Tag the run, then queue it."""
        run = context.dagster_run
        sellers = sellers_of_run(run.tags, self._instance.get_dynamic_partitions("sellers"))
        if sellers and "seller" not in run.tags:
            self._instance.add_run_tags(run.run_id, {"seller": sellers[0] if len(sellers) == 1 else MANY})
        return super().submit_run(context)
