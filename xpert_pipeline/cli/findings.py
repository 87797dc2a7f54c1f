"""A finding of `xpert doctor`: what was checked, the result, and what to do."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.spapi.marketplaces import by_id


class State(StrEnum):
    """ok; warn: a sync works, but read the advice; fail: a sync would not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


OK, WARN, FAIL = State.OK, State.WARN, State.FAIL


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        check: What was checked.
        state: ok, warn or fail.
        detail: The result.
        advice: What to do about it; empty if there is nothing to do.
        seller: Amazon's id of the seller; None if the check is about all sellers.
        marketplace: Amazon's id of the marketplace; None if the check is about all of the seller's.
    """

    check: str
    state: State
    detail: str
    advice: str = ""
    seller: str | None = None
    marketplace: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the entry for `--json`."""
        return asdict(self)

    def line(self) -> str:
        """Return the finding for people: one line, and the advice below it."""
        sign = {OK: "ok  ", WARN: "warn", FAIL: "FAIL"}[self.state]
        country = by_id(self.marketplace).country if self.marketplace else ""
        about = ", ".join(filter(None, (self.seller, country)))
        lines = [f"{sign} {self.check}{f' ({about})' if about else ''}: {self.detail}"]
        if self.advice:
            lines.append(f"       -> {self.advice}")
        err = self.state == FAIL
        return "\n".join(fitted(line, indent=5 + 5 * number, err=err) for number, line in enumerate(lines))
