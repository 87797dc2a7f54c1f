"""Opens the Dagster instance of a data directory; `instance` writes its configuration."""

import os

import dagster as dg
from dagster._core.instance.ref import InstanceRef

NO_CAPTURE = {
    "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
}


def open_instance(*, runs_here: bool = False) -> dg.DagsterInstance:
    """Open the instance that DAGSTER_HOME describes.

    Args:
        runs_here: Whether this process executes runs itself. Dagster then does not capture their output: it would
            redirect the terminal under the progress display, by processes of its own that print a traceback on Ctrl-C.
    """
    if not runs_here:
        return dg.DagsterInstance.get()
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(os.environ["DAGSTER_HOME"], overrides=NO_CAPTURE))
