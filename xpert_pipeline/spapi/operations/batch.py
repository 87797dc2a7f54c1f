"""Questions about many SKUs or ASINs in one call, and the answers, each of which succeeds or fails for itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Subject:
    """A SKU or ASIN to ask about.

    Attributes:
        name: The SKU or ASIN.
        facts: What the request needs to know about it, such as its price.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The answer about one subject of a batch.

    Attributes:
        subject: The SKU or ASIN.
        records: Records about it; an empty list is a valid answer.
        failed: Why Amazon gave no answer; the subject is then retried once on its own, and left to the next run if
            that fails, too.
    """

    subject: str
    records: Sequence[Any] = ()
    failed: str = ""
