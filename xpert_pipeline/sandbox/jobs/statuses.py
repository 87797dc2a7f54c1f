"""The processing status of a report or query, from IN_QUEUE to the end."""

IN_QUEUE, IN_PROGRESS, DONE, CANCELLED, FATAL = "IN_QUEUE", "IN_PROGRESS", "DONE", "CANCELLED", "FATAL"
FOREVER = float("inf")
"""The time of a job that is stuck."""


def status_after(passed: float, seconds: float, fate: str) -> str:
    """Return the status of a job some time after its request.

    Args:
        passed: Seconds since the request.
        seconds: How long the job takes; it is IN_QUEUE for the first third of that.
        fate: How it ends.
    """
    if seconds == FOREVER or passed < seconds / 3:
        return IN_QUEUE
    return IN_PROGRESS if passed < seconds else fate
