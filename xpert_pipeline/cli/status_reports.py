"""How `xpert status` tells of the reports and queries that are not collected yet: alike ones together."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from xpert_pipeline.cli.status_times import instant
from xpert_pipeline.wording import counted, day_span

NOUNS = {"report": ("report", "reports"), "query": ("query", "queries")}


def open_reports(requests: Sequence[Mapping[str, Any]], timezone: str) -> Iterator[str]:
    """A line for each type and state: how many, since when the oldest, and the days that all of them are about.

    Args:
        requests: As `Standing.reports` has them, newest first.
        timezone: The marketplace's: its days are told, the last one included.
    """
    alike: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for each in requests:
        alike.setdefault((each["kind"], each["report_type"], each["state"]), []).append(each)
    for (kind, report_type, state), group in alike.items():
        oldest = min(group, key=lambda each: each["created_at"])
        since = f"{', the oldest' * (len(group) > 1)} since {instant(oldest['created_at'])}"
        facts = [f"{counted(len(group), *NOUNS[kind])} {state}{since}", _window(group, kind, ZoneInfo(timezone))]
        facts += [f"tried {oldest['tries']} times" if oldest["tries"] > 1 else "", oldest["amazon_id"]]
        reason = f": {oldest['reason']}" if oldest["reason"] else ""
        yield f"{report_type}: {', '.join(filter(None, facts))}{reason}"


def _window(group: Sequence[Mapping[str, Any]], kind: str, zone: ZoneInfo) -> str:
    """From the first start to the last end; as days where these are days, else as local times."""
    windows = [(each["window_start"], each["window_end"]) for each in group if each["window_start"]]
    if not windows:
        return ""
    written = UTC if kind == "query" else zone  # a query's days are local ones, written down as days of UTC
    start = min(start for start, _ in windows).astimezone(written)
    end = max(end for _, end in windows).astimezone(written)
    if start.time() == end.time() == time():
        return day_span((start.date(), end.date() - timedelta(days=1)))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {zone.key}"
