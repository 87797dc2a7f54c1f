"""What a terminal shows while a command works: one line per table, and below it what happens now.

Where the terminal has fewer lines than there are tables, it shows those that work, failed or ended last.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.spinner import Spinner
from rich.table import Table as Grid
from rich.text import Text

from xpert_pipeline.progress import Began, Ended, Event, Loaded, Note, Predicted, Step, Wait, clock_time

COLUMNS = ("table", "state", "read", "new", "changed", "time")
SHOWN = 4
"""How many tables to come are named."""
SPARE = 1
"""Lines of the terminal that stay free, because some terminals scroll when the last one is filled."""
TEXT_COLUMNS = ("table", "state")
IMPORTANCE = {"working": 0, "waiting": 0, "failed": 1, "done": 2, "to do": 3}
STYLES = {"working": "cyan", "waiting": "yellow", "done": "green", "failed": "bold red", "to do": "dim"}


@dataclass
class Line:
    """The state of one table, over all sellers.

    Attributes:
        active: Sellers whose runs work on the table now.
        done: Number of sellers that are done.
        failed: Number of sellers for which it failed.
        read: Records that arrived.
        new: New rows.
        changed: Changed rows.
        waits: Whether the last thing heard of it was a wait.
        seconds: Seconds of work that has ended.
        since: When the present work began.
        ended: When a seller's run last finished with it.
    """

    active: set[str] = field(default_factory=set)
    done: int = 0
    failed: int = 0
    read: int = 0
    new: int = 0
    changed: int = 0
    waits: bool = False
    seconds: float = 0.0
    since: float | None = None
    ended: float = 0.0

    def begin(self, seller: str) -> None:
        """A seller's run begins to work on the table."""
        self.waits = False
        self.active.add(seller)
        if self.since is None:
            self.since = time.monotonic()

    def end(self, seller: str, *, failed: bool) -> None:
        """A seller's run has finished with the table."""
        self.active.discard(seller)
        self.done, self.failed, self.ended = self.done + (not failed), self.failed + failed, time.monotonic()
        if not self.active and self.since is not None:
            self.seconds, self.since = self.elapsed, None

    @property
    def elapsed(self) -> float:
        """Seconds of work so far."""
        return self.seconds + (time.monotonic() - self.since if self.since is not None else 0.0)

    def state(self) -> str:
        """The state for a single seller."""
        if self.active:
            return "waiting" if self.waits else "working"
        return "failed" if self.failed else "done" if self.done else "to do"


class Board:
    """The state of a command's work.

    Args:
        title: What the command does.
        tables: Its tables, in the order of their lines.
        sellers: How many sellers it works for.
    """

    def __init__(self, title: str, tables: Sequence[str] = (), sellers: int = 1) -> None:
        self._spinner = Spinner("dots", style="cyan")
        self._title, self._sellers = title, sellers
        self._lines = {table: Line() for table in tables}
        self._now = ""
        self._end: datetime | None = None
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def take(self, event: Event) -> None:
        """Take over what an event says."""
        with self._lock:
            for table in _tables_of(event):
                if line := self._lines.get(table):
                    _update(line, event)
            if isinstance(event, Predicted):
                self._end = max(event.ends.values())
            if isinstance(event, Step | Wait | Note):
                self._now = str(event) if self._sellers > 1 else _without_seller(event)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the display, never higher than the terminal, which would cut it off at its end."""
        with self._lock:
            self._spinner.update(text=Text(f"{self._title}  {_clock(time.monotonic() - self._began)}"))
            below = [Text(text, style="dim") for text in (self._coming(), self._now) if text]
            around: list[RenderableType] = [self._spinner, *below]
            taken = sum(len(console.render_lines(part, options)) for part in around)
            yield self._spinner
            if self._lines:
                yield from self._tables(options.max_height - taken - SPARE)
            yield from below

    def _tables(self, height: int) -> Iterator[RenderableType]:
        """The header and a line for each table; of too many tables the most important, and how many are done."""
        room = height - 1  # the header
        if len(self._lines) <= room:
            yield self._grid(self._lines)
            return
        over = sum(line.done + line.failed >= self._sellers for line in self._lines.values())
        whose = " for all sellers" if self._sellers > 1 else ""
        yield Text(f"{over} of {len(self._lines)} tables done{whose}", style="dim")
        important = sorted(self._lines, key=lambda table: _importance(self._lines[table]))[: max(room - 1, 1)]
        yield self._grid({table: line for table, line in self._lines.items() if table in important})

    def _grid(self, lines: Mapping[str, Line]) -> Grid:
        grid = Grid(box=None, pad_edge=False, header_style="bold")
        for name in COLUMNS:
            grid.add_column(name, justify="left" if name in TEXT_COLUMNS else "right", no_wrap=True)
        for table, line in lines.items():
            counts = [f"{count:,}" if line.read or line.done else "" for count in (line.read, line.new, line.changed)]
            grid.add_row(table, self._state(line), *counts, _clock(line.elapsed) if line.elapsed else "")
        return grid

    def _coming(self) -> str:
        """The tables that are still to come, in their order."""
        coming = [table for table, line in self._lines.items() if line.state() == "to do"]
        has_begun = any(line.active or line.done or line.failed for line in self._lines.values())
        if not coming or not has_begun or self._sellers > 1:
            return ""
        more = f" and {len(coming) - SHOWN} more" if len(coming) > SHOWN else ""
        end = f"; all expected by {clock_time(self._end)}" if self._end and self._end > datetime.now(UTC) else ""
        return f"Still coming: {', '.join(coming[:SHOWN])}{more}{end}"

    def _state(self, line: Line) -> Text:
        state = line.state()
        if self._sellers == 1:
            return Text(state, style=STYLES[state])
        failed = f", {line.failed} failed" if line.failed else ""
        return Text(f"{line.done + line.failed} of {self._sellers} sellers{failed}", style=STYLES[state])


def _importance(line: Line) -> tuple[int, float]:
    """The place of a table among those that compete for lines; of those that ended, the last one first."""
    return IMPORTANCE[line.state()], -line.ended


def _tables_of(event: Event) -> tuple[str, ...]:
    if isinstance(event, Began | Ended):
        return event.tables
    return (event.table,) if isinstance(event, Step | Loaded | Wait) else ()


def _update(line: Line, event: Event) -> None:
    line.waits = isinstance(event, Wait)
    if isinstance(event, Began):
        line.begin(event.seller)
    elif isinstance(event, Ended):
        line.end(event.seller, failed=event.failed)
    elif isinstance(event, Loaded):
        line.read, line.new = line.read + event.read, line.new + event.new
        line.changed += event.changed


def _without_seller(event: Step | Wait | Note) -> str:
    if isinstance(event, Note):
        return event.text
    return f"{event.table}: {event.text}" if event.table else event.text


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
