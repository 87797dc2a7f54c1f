"""The retail events that `seasonal_patterns` measures: festivals and sales, with the days when people shop for them.

`retail_events.csv` beside this module has the public dates of Indian festivals from 2022 to 2027; the windows before
them are ours. Islamic dates follow the moon and may move by a day. The dates of Amazon's own sales are not in it, as
they are announced only weeks before; nor has it events of other countries. `XPERT_EVENTS_FILE` names another file.
"""

import csv
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from xpert_pipeline.marketplace_names import MarketplaceNameUnknown, MarketplacesRefused, find_marketplaces

SHIPPED = Path(__file__).with_name("retail_events.csv")
COLUMNS = ("marketplace", "event", "day", "days_before", "days_after")
MOST_DAYS = 60
"""Longest part of an event before or after its day."""


class EventsFileWrong(Exception):
    """A file of events cannot be used. The message names the file, the line, and what to correct."""


@dataclass(frozen=True, order=True)
class RetailEvent:
    """One event: the days on which people shop for it, in a marketplace."""

    marketplace_id: str
    event: str
    first_date: date
    last_date: date


def read_events(path: Path) -> tuple[RetailEvent, ...]:
    """Read a file of events.

    Raises:
        EventsFileWrong: It cannot be read, or a line is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                raise EventsFileWrong(f"{path}: the first line must name the columns; {', '.join(missing)} is missing")
            events = [_read(row, f"{path}, line {reader.line_num}") for row in reader if any(row.values())]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EventsFileWrong(f"{path} cannot be read: {error}") from error
    seen: set[tuple[str, str, int]] = set()
    for event in events:
        key = event.marketplace_id, event.event, event.last_date.year
        if key in seen:
            raise EventsFileWrong(f"{path}: {event.event} is there twice in {event.last_date.year}; give both a name")
        seen.add(key)
    return tuple(sorted(events))


def as_parameter(events: tuple[RetailEvent, ...]) -> str:
    """Return the events as the text that the transform reads."""
    return json.dumps(
        [
            {
                "marketplace_id": event.marketplace_id,
                "event": event.event,
                "first_date": event.first_date.isoformat(),
                "last_date": event.last_date.isoformat(),
            }
            for event in events
        ]
    )


def _read(row: dict[str, str | None], place: str) -> RetailEvent:
    values = {name: (row[name] or "").strip() for name in COLUMNS}
    try:
        (market,) = find_marketplaces([values["marketplace"]])
        day = date.fromisoformat(values["day"])
        before, after = int(values["days_before"] or 0), int(values["days_after"] or 0)
    except (ValueError, MarketplaceNameUnknown, MarketplacesRefused) as error:
        raise EventsFileWrong(f"{place}: {error}. A line is like IN,Diwali,2026-11-08,13,0") from error
    if not values["event"] or not 0 <= before <= MOST_DAYS or not 0 <= after <= MOST_DAYS:
        raise EventsFileWrong(f"{place}: an event has a name, and 0 to {MOST_DAYS} days before and after its day")
    return RetailEvent(market.id, values["event"], day - timedelta(days=before), day + timedelta(days=after))
