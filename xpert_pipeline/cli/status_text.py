"""How `xpert status` reads: a seller's standing as lines for people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from xpert_pipeline.cli.seller_runs import SellerRunState
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.standing import ALL_SELLERS, BucketLevel, Standing

SHOWN_REPORTS = 5


def lines(
    seller: Seller, standing: Standing, runs: Sequence[SellerRunState], published: Mapping[str, float]
) -> Iterator[str]:
    """One screen about a seller."""
    about = ", ".join(filter(None, (seller.status, "sandbox" if seller.is_sandbox else "", seller.timezone)))
    yield f"{seller.amazon_seller_id} {seller.name}: {about}"
    days = [f"{table} {day or 'never'}" for table, day in standing.newest_days.items()]
    yield _line("newest complete day", ", ".join(days))
    yield from _runs(runs)
    yield from _waiting(standing)
    for bucket in standing.buckets:
        yield _line("quota" if bucket is standing.buckets[0] else "", _bucket(bucket, published.get(bucket.operation)))
    asked = [f"{each.operation} {each.calls:,}{_waited(each.waited_seconds)}" for each in standing.waited]
    yield _line("calls in 24 hours", ", ".join(asked) or "none by a load")
    yield from _reports(standing)
    rejected = ", ".join(f"{table} {count}" for table, count in standing.rejected.items())
    why = " (sql/monitoring/rejected_records.sql says why)" if rejected else ""
    yield _line("rejected records", (rejected or "none") + why)


def _line(name: str, text: str) -> str:
    return f"  {name:<20} {text}"


def _waited(seconds: float) -> str:
    return f" (waited {seconds:,.1f} s)" if seconds >= 0.05 else ""


def _runs(runs: Sequence[SellerRunState]) -> Iterator[str]:
    ended = next((run for run in runs if run.ended_at), None)
    if ended and ended.ended_at:
        took = (ended.ended_at - ended.began_at).total_seconds()
        said = f"{_run(ended)}: {ended.state} at {_time(ended.ended_at)} after {took:,.0f} s"
        yield _line("last run", "; ".join([said, *ended.reasons]))
    else:
        yield _line("last run", "none has ended yet")
    busy = [f"{_run(run)}: {run.state} since {_time(run.began_at)}" for run in runs if not run.ended_at]
    for number, text in enumerate(busy or ["no run"]):
        yield _line("" if number else "now", text)


def _run(run: SellerRunState) -> str:
    days = f" ({run.first_day} to {run.last_day})" if run.first_day else ""
    return f"{run.run_id[:8]}{days}"


def _waiting(standing: Standing) -> Iterator[str]:
    for number, each in enumerate(standing.waiting):
        kind = "backfill" if each.priority else "live"
        whose = ", of all sellers" if each.scope == ALL_SELLERS else ""
        text = f"{each.operation} ({kind}{whose}) since {_time(each.since)}, until about {_time(each.until)}"
        yield _line("" if number else "waiting for quota", text)
    if not standing.waiting:
        yield _line("waiting for quota", "nothing")


def _bucket(bucket: BucketLevel, published: float | None) -> str:
    whose = " (of all sellers)" if bucket.scope == ALL_SELLERS else ""
    beside = f", published {published:.4g}" if published and abs(published / bucket.rate - 1) > 0.005 else ""
    refused = f"{bucket.throttled} x 429"
    if bucket.throttled_at:
        refused += f", last {_time(bucket.throttled_at)}"
    tokens = f"{bucket.level:.1f} of {bucket.burst:.0f} tokens"
    return f"{bucket.operation}{whose}: {tokens}, {bucket.rate:.4g} a second{beside}; {refused}"


def _reports(standing: Standing) -> Iterator[str]:
    if standing.reports is None:
        return
    for number, each in enumerate(standing.reports[:SHOWN_REPORTS]):
        window = f" {each['window_start']:%Y-%m-%d} to {each['window_end']:%Y-%m-%d}" if each["window_start"] else ""
        known = f", {each['amazon_id']}" if each["amazon_id"] else ""
        reason = f": {each['reason']}" if each["reason"] else ""
        since = f"since {_time(each['created_at'])}, tried {each['tries']} times"
        text = f"{each['report_type']}{window}: {each['state']} {since}{known}{reason}"
        yield _line("" if number else "open reports", text)
    if (more := len(standing.reports) - SHOWN_REPORTS) > 0:
        yield _line("", f"and {more} more")
    if not standing.reports:
        yield _line("open reports", "none")


def _time(moment: datetime) -> str:
    """UTC; the day only where it is not today's."""
    utc = moment.astimezone(UTC)
    return f"{utc:%H:%M:%S} UTC" if utc.date() == datetime.now(UTC).date() else f"{utc:%Y-%m-%d %H:%M} UTC"
