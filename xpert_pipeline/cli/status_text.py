"""The lines of `xpert status` for one seller: newest days, runs, waits, quota, open reports, rejected records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from xpert_pipeline.cli.result_table import in_words
from xpert_pipeline.cli.seller_runs import SellerRunState
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres.change_asks import ChangeAsk
from xpert_pipeline.postgres.sellers import ACTIVE, Seller
from xpert_pipeline.postgres.source_coverage import AVAILABLE, NOT_AVAILABLE, Coverage
from xpert_pipeline.postgres.standing import ALL_SELLERS, BucketLevel, Standing
from xpert_pipeline.schedules import last_slot
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.wording import counted, day_words, ends_words, moment_words

FULL = 0.05
"""A bucket that lacks fewer tokens counts as full."""
NAME_WIDTH = 20
NOUNS = {"report": ("report", "reports"), "query": ("query", "queries")}


def lines(
    seller: Seller,
    standing: Standing,
    runs: Sequence[SellerRunState],
    published: Mapping[str, float],
    coverage: Sequence[Coverage] = (),
    *,
    verbose: bool = False,
) -> Iterator[str]:
    """Return the lines about a seller.

    Args:
        seller: The seller.
        standing: What the database knows about it; `newest_days` has every table in every marketplace.
        runs: Its newest runs, newest first.
        published: The rates that Amazon publishes, by operation.
        coverage: What Amazon gives of each table.
        verbose: Add the quota and the calls.
    """
    about = ", ".join(filter(None, (seller.status, "sandbox" if seller.is_sandbox else "", seller.timezone)))
    yield fitted(f"{seller.amazon_seller_id} {seller.name}: {about}", indent=2)
    yield from _under("last good day", _newest_days(seller, standing.newest_days, coverage))
    yield from _under("coverage", coverage_lines(seller, coverage))
    yield _line("next run", _next_run(seller))
    yield from _runs(runs)
    yield _line("changes", _asked(standing.asked))
    yield from _under("waiting for quota", _waiting(standing))
    if verbose:
        yield from _under("quota", _quota(standing, published))
        calls = [f"{spent.operation} {spent.calls:,}{_waited(spent.waited_seconds)}" for spent in standing.waited]
        yield _line("calls in 24 hours", ", ".join(calls) or "none")
    if standing.reports is not None:
        yield from _under("open reports", [*open_reports(standing.reports, seller)] or ["none"])
    rejected = ", ".join(f"{table} {count}" for table, count in standing.rejected.items())
    why = " (see `xpert report rejected-records` for the reasons)" if rejected else ""
    yield _line("rejected records", (rejected or "none") + why)


def _line(name: str, text: str) -> str:
    return fitted(f"  {name:<{NAME_WIDTH}} {text}", indent=NAME_WIDTH + 3)


def _under(name: str, texts: Iterable[str]) -> Iterator[str]:
    """Several lines under one name."""
    for number, text in enumerate(texts):
        yield _line("" if number else name, text)


def instant(moment: datetime) -> str:
    """Return a time in UTC, with its day if that is not today."""
    utc = moment.astimezone(UTC)
    return f"{utc:%H:%M:%S} UTC" if utc.date() == datetime.now(UTC).date() else f"{moment_words(utc, UTC)} UTC"


def _newest_days(
    seller: Seller, newest: Mapping[tuple[str, str], date | None], coverage: Sequence[Coverage]
) -> Iterator[str]:
    """A line for each marketplace: the tables by their newest complete day, the newest first.

    Tables that Amazon fills product by product have rows and no complete day. Those that it does not offer are told
    with the coverage.
    """
    states = {(each.table, each.marketplace_id): each.state for each in coverage}
    for marketplace_id in seller.marketplace_ids:
        by_day: dict[date | None, list[str]] = {}
        for (table, of_marketplace), day in newest.items():
            if of_marketplace == marketplace_id:
                by_day.setdefault(day, []).append(table)
        days = sorted((day for day in by_day if day is not None), reverse=True)
        texts = [f"{day_words(day)}: {', '.join(by_day[day])}" for day in days]
        without: dict[str, list[str]] = {}
        for table in by_day.get(None, []):
            state = states.get((table, marketplace_id))
            if state != NOT_AVAILABLE:
                words = "no day known to be complete" if state == AVAILABLE else "never"
                without.setdefault(words, []).append(table)
        texts += [f"{words}: {', '.join(tables)}" for words, tables in without.items()]
        country = f"{by_id(marketplace_id).country}  " if len(seller.marketplace_ids) > 1 else ""
        yield country + "; ".join(texts)


def coverage_lines(seller: Seller, coverage: Sequence[Coverage]) -> Iterator[str]:
    """How many tables Amazon fills; then the others by state and reason, with what to do.

    Args:
        seller: The seller.
        coverage: What is known of its tables, by marketplace.
    """
    known = [each for each in coverage if each.marketplace_id in seller.marketplace_ids]
    if not known:
        yield "not known yet: the first sync finds out what Amazon gives"
        return
    lacking: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for each in known:
        if each.state != AVAILABLE:
            place = by_id(each.marketplace_id).country if len(seller.marketplace_ids) > 1 else ""
            lacking.setdefault((place, each.state, each.reason, each.what_to_do), []).append(each.table)
    all_of_them = counted(len(known), "table" if len(seller.marketplace_ids) == 1 else "table and store", None)
    number = sum(each.state == AVAILABLE for each in known)
    yield f"all of {all_of_them} available" if number == len(known) else f"{number} of {all_of_them} available"
    for (place, state, reason, what_to_do), tables in lacking.items():
        where = f"{place}  " if place else ""
        why = ": ".join(filter(None, (reason, what_to_do)))
        yield f"{where}{in_words(state)}: {', '.join(tables)}{f' ({why})' if why else ''}"


def _next_run(seller: Seller) -> str:
    """When the daily sync of an active seller comes next, in the time zone of its hour."""
    if seller.status != ACTIVE:
        command = "resume" if seller.status == "paused" else "add"
        return f"none: the seller is {seller.status} (`xpert sellers {command} {seller.amazon_seller_id}`)"
    return next_sync_words(seller)


def next_sync_words(seller: Seller) -> str:
    """When the daily sync of an active seller comes next, and on what that depends."""
    zone = ZoneInfo(seller.sync_timezone)
    slot = last_slot(seller, datetime.now(UTC)).astimezone(zone) + timedelta(days=1)
    return f"{moment_words(slot, zone)} {seller.sync_timezone}, while `xpert up` or the daemon runs"


def _waited(seconds: float) -> str:
    return f" (waited {seconds:,.1f} s)" if seconds >= 0.05 else ""


def _runs(runs: Sequence[SellerRunState]) -> Iterator[str]:
    ended = next((run for run in runs if run.ended_at), None)
    if ended and ended.ended_at:
        took = (ended.ended_at - ended.began_at).total_seconds()
        yield _line("last run", f"{_run(ended)}: {ended.state} at {instant(ended.ended_at)} after {took:,.0f} s")
        failed = next((run for run in runs if run.reasons), None)
        if failed and failed.ended_at:
            yield _line("last error", f"{instant(failed.ended_at)}: {'; '.join(failed.reasons)}")
    else:
        yield _line("last run", "none has ended yet")
    busy = [f"{_run(run)}: {run.state} since {instant(run.began_at)}{_work(run)}" for run in runs if not run.ended_at]
    yield from _under("now", busy or ["no run"])


def _asked(ask: ChangeAsk | None) -> str:
    """When Amazon was last asked for changes, and with what result."""
    if ask is None:
        return "nothing was asked between two daily syncs yet: `xpert up` or the daemon asks"
    if ask.failing_since is None:
        return f"last asked at {instant(ask.asked_at)}"
    answered = f", last answer at {instant(ask.answered_at)}" if ask.answered_at else ""
    return f"failing since {instant(ask.failing_since)} ({counted(ask.failures, 'time')}{answered}): {ask.error}"


def _run(run: SellerRunState) -> str:
    days = f" ({day_words(run.first_day, run.last_day)})" if run.first_day else ""
    return f"{run.run_id[:8]}{days}"


def _work(run: SellerRunState) -> str:
    """What a run loads now, what comes after that, and when it is expected."""
    now = f"; now {', '.join(run.working)}" if run.working else ""
    ends = {step: run.predicted[step] for step in run.coming if step in run.predicted}
    untold = ", ".join(step for step in run.coming if step not in ends)
    coming = "; ".join(filter(None, (untold, ends_words(ends, UTC))))
    return now + (f"; still coming: {coming}" if coming else "")


def _waiting(standing: Standing) -> Iterator[str]:
    for request in standing.waiting:
        kind = "backfill" if request.priority else "live"
        whose = ", shared by all sellers" if request.scope == ALL_SELLERS else ""
        times = f"since {instant(request.since)}, until about {instant(request.until)}"
        yield f"{request.operation} ({kind}{whose}) {times}"
    if not standing.waiting:
        yield "nothing"


def _quota(standing: Standing, published: Mapping[str, float]) -> Iterator[str]:
    """A line for each bucket that lacks tokens or has requests waiting; and how many others are full."""
    awaited = {(request.operation, request.scope) for request in standing.waiting}
    full = []
    for bucket in standing.buckets:
        if bucket.level > bucket.burst - FULL and (bucket.operation, bucket.scope) not in awaited:
            full.append(bucket)
        else:
            yield _bucket(bucket, published.get(bucket.operation))
    throttled = ", ".join(f"{bucket.operation} {_throttled(bucket)}" for bucket in full if bucket.throttled)
    if full:
        others = "other " * (len(full) < len(standing.buckets))
        yield f"{counted(len(full), f'{others}bucket')} full" + (f"; {throttled}" if throttled else "")
    if not standing.buckets:
        yield "no request yet"


def _bucket(bucket: BucketLevel, published: float | None) -> str:
    whose = " (shared by all sellers)" if bucket.scope == ALL_SELLERS else ""
    beside = f", published {published:.4g}" if published and abs(published / bucket.rate - 1) > 0.005 else ""
    tokens = f"{bucket.level:.1f} of {counted(bucket.burst, 'token')}"
    return f"{bucket.operation}{whose}: {tokens}, {bucket.rate:.4g} a second{beside}; {_throttled(bucket)}"


def _throttled(bucket: BucketLevel) -> str:
    last = f", last {instant(bucket.throttled_at)}" if bucket.throttled_at else ""
    return f"{bucket.throttled:,} x 429{last}"


def open_reports(requests: Sequence[Mapping[str, Any]], seller: Seller) -> Iterator[str]:
    """Return a line for each type, marketplace and state: how many, the oldest, and the days of all of them.

    Args:
        requests: Open requests for reports and queries, as in `Standing.reports`, newest first.
        seller: Whose requests; days are those of the request's marketplace, or of the seller's first one.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for request in requests:
        places = tuple(request["marketplace_ids"] or ())
        groups.setdefault((request["kind"], request["report_type"], places, request["state"]), []).append(request)
    for (kind, report_type, places, state), group in groups.items():
        oldest = min(group, key=lambda request: request["created_at"])
        since = f"{', the oldest' * (len(group) > 1)} since {instant(oldest['created_at'])}"
        zone = ZoneInfo(by_id(places[0]).timezone if len(places) == 1 else seller.timezone)
        facts = [f"{counted(len(group), *NOUNS[kind])} {state}{since}", _window(group, kind, zone)]
        facts += [f"tried {oldest['tries']} times" if oldest["tries"] > 1 else "", oldest["amazon_id"]]
        reason = f": {oldest['reason']}" if oldest["reason"] else ""
        stores = ", ".join(by_id(marketplace_id).country for marketplace_id in places)
        where = f" ({stores})" if stores and len(seller.marketplace_ids) > 1 else ""
        yield f"{report_type}{where}: {', '.join(filter(None, facts))}{reason}"


def _window(group: Sequence[Mapping[str, Any]], kind: str, zone: ZoneInfo) -> str:
    """From the first start to the last end: as days if both are midnight, else as local times."""
    windows = [(request["window_start"], request["window_end"]) for request in group if request["window_start"]]
    if not windows:
        return ""
    written = UTC if kind == "query" else zone  # the local days of a query are stored as days of UTC
    start = min(start for start, _ in windows).astimezone(written)
    end = max(end for _, end in windows).astimezone(written)
    if start.time() == end.time() == time():
        return day_words(start.date(), end.date() - timedelta(days=1))
    return f"{moment_words(start, written)} to {moment_words(end, written)} {written}"
