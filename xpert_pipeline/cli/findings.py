"""What a check of the preconditions found: the kind of a finding, and how it reads."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

OK, WARN, FAIL = "ok", "warn", "fail"


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
    state: Literal["ok", "warn", "fail"]
    detail: str
    advice: str = ""
    seller: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def line(self) -> str:
        """One line for people, with the advice below it."""
        sign = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}[self.state]
        who = f" ({self.seller})" if self.seller else ""
        return f"{sign} {self.check}{who}: {self.detail}" + (f"\n       -> {self.advice}" if self.advice else "")
