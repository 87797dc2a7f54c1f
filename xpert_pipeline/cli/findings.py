"""What a check of the preconditions found: the kind of a finding, and how it reads."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """ok; warn: a sync works, but read it; fail: a sync would be spoilt."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


OK, WARN, FAIL = State.OK, State.WARN, State.FAIL


@dataclass(frozen=True)
class Finding:
    """One precondition.

    Attributes:
        check: What was looked at.
        state: ok; warn: a sync works, but read it; fail: a sync would be spoilt.
        detail: What was found.
        advice: What to do about it, empty if nothing.
        seller: Whom it concerns, None for all.
    """

    check: str
    state: State
    detail: str
    advice: str = ""
    seller: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def line(self) -> str:
        """One line for people, with the advice below it."""
        sign = {OK: "ok  ", WARN: "warn", FAIL: "FAIL"}[self.state]
        who = f" ({self.seller})" if self.seller else ""
        return f"{sign} {self.check}{who}: {self.detail}" + (f"\n       -> {self.advice}" if self.advice else "")
