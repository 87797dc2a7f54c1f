"""Questions to Amazon that only help to plan or to reuse, such as counts: the run goes on if Amazon does not answer.

No table may depend on such an answer. Whoever asks has a fallback, and says which one it used.
"""

from collections.abc import Callable
from typing import TypeVar

from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.spapi.errors import AppCredentialsRefused, ReauthRequired, SpApiError, Stopped, WrongRegion

T = TypeVar("T")
CONCERNS_EVERY_REQUEST = (Stopped, ReauthRequired, AppCredentialsRefused, WrongRegion)
"""Errors that no fallback helps against: the requests for the data would fail in the same way."""


def ask_for_help(run: SellerRun, name: str, question: Callable[[], T]) -> T | None:
    """Return the answer to a question that only helps; None if Amazon fails or refuses to answer it.

    Once it has failed, the same question is not asked again in this step, because each failure costs several tries.

    Args:
        run: The seller's run; `run.unanswered` remembers the failure and its reason.
        name: Plural name of what is asked for, for the log, such as "Amazon's order metrics".
        question: Sends the request.
    """
    if name in run.unanswered:
        return None
    try:
        return question()
    except CONCERNS_EVERY_REQUEST:
        raise
    except SpApiError as error:
        run.unanswered[name] = error.message
        run.log.warning("seller %s: %s are not available, so the run goes on without them: %s", run.who, name, error)
        return None
