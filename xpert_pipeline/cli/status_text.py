"""How `xpert status` reads: a seller's standing as lines for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from xpert_pipeline.cli.seller_runs import SellerRunState
from xpert_pipeline.cli.status_reports import open_reports
from xpert_pipeline.cli.status_times import instant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.standing import ALL_SELLERS, BucketLevel, Standing
from xpert_pipeline.wording import counted

FULL = 0.05
"""Tokens that a bucket may lack and still be called full."""


def lines(
    seller: Seller, standing: Standing, runs: Sequence[SellerRunState], published: Mapping[str, float]
) -> Iterator[str]:
    """One screen about a seller."""
    about = ", ".join(filter(None, (seller.status, "sandbox" if seller.is_sandbox else "", seller.timezone)))
    yield f"{seller.amazon_seller_id} {seller.name}: {about}"
    days = [f"{table} {day or 'never'}" for (table, _), day in standing.newest_days.items()]
    yield _line("newest complete day", ", ".join(days))
    yield from _runs(runs)
    yield from _under("waiting for quota", _waiting(standing))
    yield from _under("quota", _quota(standing, published))
    asked = [f"{each.operation} {each.calls:,}{_waited(each.waited_seconds)}" for each in standing.waited]
    yield _line("calls in 24 hours", ", ".join(asked) or "none by a load")
    if standing.reports is not None:
        yield from _under("open reports", [*open_reports(standing.reports, seller.timezone)] or ["none"])
    rejected = ", ".join(f"{table} {count}" for table, count in standing.rejected.items())
    why = " (sql/monitoring/rejected_records.sql says why)" if rejected else ""
    yield _line("rejected records", (rejected or "none") + why)


def _line(name: str, text: str) -> str:
    return f"  {name:<20} {text}"


def _under(name: str, texts: Iterable[str]) -> Iterator[str]:
    """Several lines under one name."""
    for number, text in enumerate(texts):
        yield _line("" if number else name, text)


def _waited(seconds: float) -> str:
    return f" (waited {seconds:,.1f} s)" if seconds >= 0.05 else ""


def _runs(runs: Sequence[SellerRunState]) -> Iterator[str]:
    ended = next((run for run in runs if run.ended_at), None)
    if ended and ended.ended_at:
        took = (ended.ended_at - ended.began_at).total_seconds()
        said = f"{_run(ended)}: {ended.state} at {instant(ended.ended_at)} after {took:,.0f} s"
        yield _line("last run", "; ".join([said, *ended.reasons]))
    else:
        yield _line("last run", "none has ended yet")
    busy = [f"{_run(run)}: {run.state} since {instant(run.began_at)}" for run in runs if not run.ended_at]
    yield from _under("now", busy or ["no run"])


def _run(run: SellerRunState) -> str:
    days = f" ({run.first_day} to {run.last_day})" if run.first_day else ""
    return f"{run.run_id[:8]}{days}"


def _waiting(standing: Standing) -> Iterator[str]:
    for each in standing.waiting:
        kind = "backfill" if each.priority else "live"
        whose = ", of all sellers" if each.scope == ALL_SELLERS else ""
        yield f"{each.operation} ({kind}{whose}) since {instant(each.since)}, until about {instant(each.until)}"
    if not standing.waiting:
        yield "nothing"


def _quota(standing: Standing, published: Mapping[str, float]) -> Iterator[str]:
    """The buckets that lack tokens or are waited for, one each; how many others there are, all full."""
    awaited = {(each.operation, each.scope) for each in standing.waiting}
    full = []
    for bucket in standing.buckets:
        if bucket.level > bucket.burst - FULL and (bucket.operation, bucket.scope) not in awaited:
            full.append(bucket)
        else:
            yield _bucket(bucket, published.get(bucket.operation))
    refused = ", ".join(f"{each.operation} {_refused(each)}" for each in full if each.throttled)
    if full:
        others = "other " * (len(full) < len(standing.buckets))
        yield f"{counted(len(full), f'{others}bucket')} full" + (f"; {refused}" if refused else "")
    if not standing.buckets:
        yield "nothing asked yet"


def _bucket(bucket: BucketLevel, published: float | None) -> str:
    whose = " (of all sellers)" if bucket.scope == ALL_SELLERS else ""
    beside = f", published {published:.4g}" if published and abs(published / bucket.rate - 1) > 0.005 else ""
    tokens = f"{bucket.level:.1f} of {counted(bucket.burst, 'token')}"
    return f"{bucket.operation}{whose}: {tokens}, {bucket.rate:.4g} a second{beside}; {_refused(bucket)}"


def _refused(bucket: BucketLevel) -> str:
    last = f", last {instant(bucket.throttled_at)}" if bucket.throttled_at else ""
    return f"{bucket.throttled:,} x 429{last}"
