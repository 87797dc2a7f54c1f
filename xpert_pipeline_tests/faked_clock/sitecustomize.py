"""Lets Python sleep under libfaketime. Python imports this at its start if this folder is in PYTHONPATH.

`time.sleep` waits until a time of the monotonic clock, which libfaketime converts wrongly when it leaves that clock
alone: the call fails with EINVAL. `select` waits for a span.
"""

import select
import time


def sleep(seconds: float) -> None:
    """Wait as `time.sleep` does."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
