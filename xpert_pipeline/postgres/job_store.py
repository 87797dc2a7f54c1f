"""Stores report and query jobs in PostgreSQL, so that the next run continues with the jobs of this one.

Implements the JobStore protocol of `xpert_pipeline.spapi` without importing it: the caller passes the types of
requests and jobs. Each call is one short transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

from psycopg.rows import dict_row

from xpert_pipeline.postgres.plain_json import dump_json, storable
from xpert_pipeline.postgres.pool import Pool, tenant

COLUMNS = """id, report_type, window_start, window_end, options, marketplace_ids, state, created_at as written_at,
             updated_at as touched_at, amazon_id, document_id, asked_at, ready_at, tries, reason, next_page, reused,
             not_before, doubted_days"""
EQUAL = """seller_id = %(seller_id)s and marketplace_ids = %(marketplace_ids)s::text[] and kind = %(kind)s
   and report_type = %(report_type)s and window_start is not distinct from %(start)s
   and window_end is not distinct from %(end)s and options = %(options)s::jsonb"""
SERVING = f"""
select {COLUMNS} from report_requests
 where {EQUAL}
   and case
         when state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') then true
         when state = 'DONE' and collected_at is null then created_at > clock_timestamp() - %(kept)s
         when state = 'THROTTLED' then not_before > clock_timestamp()
         when state in ('DONE', 'EMPTY') then coalesce(asked_at, created_at) > clock_timestamp() - %(fresh)s
         else false
       end
   and (%(not_older_than)s::timestamptz is null or asked_at is null or asked_at >= %(not_older_than)s)
 order by state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') desc, created_at desc limit 1
"""  # noqa: S608  constants of this module
INSERT = f"""
insert into report_requests (seller_id, marketplace_ids, kind, report_type, window_start, window_end, options, state,
                             tries, run_id)
values (%(seller_id)s, %(marketplace_ids)s, %(kind)s, %(report_type)s, %(start)s, %(end)s, %(options)s::jsonb, 'WANTED',
        (select count(*) from report_requests where {EQUAL} and state = 'THROTTLED'
            and not_before > clock_timestamp() - interval '1 day'),
        %(run_id)s)
on conflict do nothing
returning {COLUMNS}
"""  # noqa: S608
GIVE_UP = f"""
update report_requests
   set state = 'FATAL', updated_at = clock_timestamp(), reason = 'it took too long and was given up'
 where seller_id = %(seller_id)s and state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS')
   and (coalesce(asked_at, created_at) < clock_timestamp() - %(kept)s or (asked_at < %(not_older_than)s and {EQUAL}))
"""  # noqa: S608
CLAIM = """
update report_requests set run_id = %(run_id)s, updated_at = clock_timestamp()
 where id = %(id)s and state = 'WANTED' and amazon_id is null
   and (run_id = %(run_id)s or updated_at < clock_timestamp() - %(abandoned)s)
returning id
"""
CLAIMED = "where id = any(%(ids)s) and run_id = %(run_id)s and state = 'WANTED' and amazon_id is null"
FAILED_IDS = f"select amazon_id from report_requests where {EQUAL} and state = 'FATAL' and amazon_id is not null"  # noqa: S608
UNFINISHED = f"""
select {COLUMNS} from report_requests
 where seller_id = %(seller_id)s and kind = %(kind)s
   and (cardinality(%(types)s::text[]) = 0 or report_type = any(%(types)s))
   and created_at > clock_timestamp() - %(kept)s
   and (state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') or (state = 'DONE' and collected_at is null))
 order by window_start desc nulls last, created_at desc
"""  # noqa: S608
UNREADABLE = """
select reason, updated_at from report_requests
 where seller_id = %(seller_id)s and kind = %(kind)s and report_type = %(report_type)s and state = 'FATAL'
   and marketplace_ids && %(marketplace_ids)s and starts_with(reason, %(reason)s)
   and updated_at > clock_timestamp() - %(within)s
   and (window_end > %(start)s or window_end is null or %(start)s::timestamptz is null)
   and (window_start < %(end)s or window_start is null or %(end)s::timestamptz is null)
 order by updated_at desc limit 1
"""
UPDATE = """
update report_requests
   set state = %(state)s, amazon_id = %(amazon_id)s, document_id = %(document_id)s, asked_at = %(created_at)s,
       ready_at = %(ready_at)s, tries = %(tries)s, reason = %(reason)s, next_page = %(next_page)s, reused = %(reused)s,
       not_before = %(not_before)s, doubted_days = %(doubted_days)s::jsonb, updated_at = clock_timestamp()
 where id = %(id)s and (state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') or not %(is_live)s)
   and (state <> 'FATAL' or %(state)s = 'FATAL')
returning id
"""
GENERATION = """
select percentile_cont(0.5) within group (order by extract(epoch from ready_at - asked_at)), count(*)
  from (select asked_at, ready_at from report_requests
         where seller_id = %(seller_id)s and kind = %(kind)s and report_type = %(report_type)s and state = 'DONE'
           and not reused and ready_at >= asked_at
         order by created_at desc limit %(count)s) as latest
"""
GIVE_UP_OF_ENDED = """
update report_requests set state = 'FATAL', reason = %(reason)s, updated_at = clock_timestamp()
 where seller_id = %(seller_id)s and run_id <> all(%(runs)s)
   and (state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') or (state = 'DONE' and collected_at is null))
"""
LEARNT_FROM = 20
"""Number of recent jobs from which Amazon's generation time is estimated."""
Request = TypeVar("Request")
Job = TypeVar("Job")


class PostgresJobStore(Generic[Request, Job]):
    """One seller's jobs; see JobStore in `xpert_pipeline.spapi.jobs.job`.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        run_id: The Dagster run that requests and collects jobs.
        abandoned: If a job is neither sent nor touched for this long, its run counts as dead.
        make_request: Makes a request from (report_type, start, end, options, marketplace_ids).
        make_job: Makes a job from its fields by name.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        seller_id: UUID,
        run_id: str,
        abandoned: timedelta,
        make_request: Callable[..., Request],
        make_job: Callable[..., Job],
    ) -> None:
        self._pool = pool
        self._seller_id, self._run_id, self._abandoned = seller_id, run_id, abandoned
        self._make_request, self._make_job = make_request, make_job

    def find_or_add(
        self, kind: str, request: Any, fresh: timedelta, kept: timedelta, not_older_than: datetime | None = None
    ) -> tuple[Job, bool]:
        """Find a job that serves a request, or add one; two runs with equal requests share one job."""
        values = {
            **self._request_values(kind, request),
            "fresh": fresh,
            "kept": kept,
            "not_older_than": not_older_than,
        }
        while True:
            with self._transaction() as query:
                query(GIVE_UP, values)
                if serving := query(SERVING, values):
                    return self._job(serving[0]), False
                if added := query(INSERT, values):
                    return self._job(added[0]), True
            # another run added an equal job between the two statements; it may have ended already, so look again

    def claim(self, job: Any) -> bool:
        """Reserve a WANTED job for this run, unless another live run has reserved it."""
        with self._transaction() as query:
            return bool(query(CLAIM, {"run_id": self._run_id, "id": job.id, "abandoned": self._abandoned}))

    def touch(self, jobs: Sequence[Any]) -> None:
        """Show other runs that this run is still going to send these jobs."""
        self._update_claimed(jobs, "update report_requests set updated_at = clock_timestamp()")

    def release(self, jobs: Sequence[Any]) -> None:
        """Let any run send these jobs."""
        self._update_claimed(jobs, "update report_requests set updated_at = 'epoch'")

    def read(self, job_id: UUID) -> Job:
        """Return a job as it is stored."""
        with self._transaction() as query:
            (row,) = query(f"select {COLUMNS} from report_requests where id = %(id)s", {"id": job_id})  # noqa: S608
        return self._job(row)

    def update(self, job: Any) -> bool:
        """Store a job's new state; return False if it has already ended, because a late status must not reopen it."""
        fields = {
            name: value for name, value in asdict(job).items() if name not in ("request", "written_at", "touched_at")
        }
        fields |= {
            "state": str(job.state),
            "reason": None if job.reason is None else storable(job.reason),
            "doubted_days": None if job.doubted_days is None else dump_json(job.doubted_days),
        }
        with self._transaction() as query:
            return bool(query(UPDATE, {**fields, "is_live": job.is_live}))

    def mark_collected(self, job: Any) -> None:
        """Record that the job's data is loaded."""
        with self._transaction() as query:
            query("update report_requests set collected_at = clock_timestamp() where id = %(id)s", {"id": job.id})

    def unfinished(self, kind: str, report_types: Sequence[str], kept: timedelta) -> list[Job]:
        """Return live or uncollected jobs of some types (none: of all), in all marketplaces; newest window first."""
        values = {"seller_id": self._seller_id, "kind": kind, "types": list(report_types), "kept": kept}
        with self._transaction() as query:
            rows = query(UNFINISHED, values)
        return [self._job(row) for row in rows]

    def failed_ids(self, kind: str, request: Any) -> set[str]:
        """Return Amazon's ids of jobs with an equal request that ended as FATAL."""
        with self._transaction() as query:
            rows = query(FAILED_IDS, self._request_values(kind, request))
        return {row["amazon_id"] for row in rows}

    def unreadable(self, kind: str, request: Any, reason: str, within: timedelta) -> tuple[str, datetime] | None:
        """Return reason and time of the latest FATAL job for overlapping data whose reason begins with `reason`."""
        values = {**self._request_values(kind, request), "reason": reason, "within": within}
        with self._transaction() as query:
            rows = query(UNREADABLE, values)
        return (rows[0]["reason"], rows[0]["updated_at"]) if rows else None

    def generation_seconds(self, kind: str, report_type: str) -> float | None:
        """Return the median time that Amazon took for the seller's latest jobs of a type; None without any."""
        values = {"seller_id": self._seller_id, "kind": kind, "report_type": report_type, "count": LEARNT_FROM}
        with self._transaction() as query:
            (row,) = query(GENERATION, values)
        median = row["percentile_cont"]
        return None if median is None else float(median)

    def now(self) -> datetime:
        """Return the time by the database's clock."""
        with self._transaction() as query:
            (row,) = query("select clock_timestamp() as now", {})
        moment: datetime = row["now"]
        return moment

    def _update_claimed(self, jobs: Sequence[Any], update: LiteralString) -> None:
        ids = [job.id for job in jobs]
        if ids:
            with self._transaction() as query:
                query(f"{update} {CLAIMED}", {"run_id": self._run_id, "ids": ids})

    def _request_values(self, kind: str, request: Any) -> dict[str, Any]:
        return {
            "seller_id": self._seller_id,
            "run_id": self._run_id,
            "marketplace_ids": sorted(request.marketplace_ids),
            "kind": kind,
            "report_type": request.report_type,
            "start": request.start,
            "end": request.end,
            "options": dump_json(dict(request.options or {})),
        }

    @contextmanager
    def _transaction(self) -> Iterator[Callable[[str, dict[str, Any]], list[dict[str, Any]]]]:
        """Open one transaction and yield a function that runs a statement and returns its rows."""
        with tenant(self._pool, self._seller_id) as conn, conn.cursor(row_factory=dict_row) as cursor:

            def query(statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []

            yield query

    def _job(self, row: dict[str, Any]) -> Job:
        fields = dict(row)
        request = self._make_request(
            fields.pop("report_type"),
            fields.pop("window_start"),
            fields.pop("window_end"),
            fields.pop("options") or None,
            tuple(fields.pop("marketplace_ids")),
        )
        return self._make_job(request=request, created_at=fields.pop("asked_at"), **fields)


def give_up_jobs(pool: Pool, seller_id: UUID, *, except_of: Sequence[str], reason: str) -> None:
    """Mark a seller's unfinished and uncollected jobs as FATAL, except those that some runs still wait for.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        except_of: Ids of these runs.
        reason: Why nobody can collect them.
    """
    with tenant(pool, seller_id) as conn:
        conn.execute(GIVE_UP_OF_ENDED, {"seller_id": seller_id, "runs": list(except_of), "reason": reason})
