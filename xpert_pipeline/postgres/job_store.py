"""Remembered requests for reports and queries, in PostgreSQL: the next run takes up what this one asked for.

Has the shape of the JobStore protocol of `xpert_pipeline.spapi`; the caller gives the types of its rows. Each call
is one short transaction.
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

COLUMNS = """id, report_type, window_start, window_end, options, state, created_at as written_at,
             updated_at as touched_at, amazon_id, document_id, asked_at, ready_at, tries, reason, next_page, reused,
             not_before"""
EQUAL = """seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and kind = %(kind)s
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
insert into report_requests (seller_id, marketplace_id, kind, report_type, window_start, window_end, options, state,
                             tries, run_id)
values (%(seller_id)s, %(marketplace_id)s, %(kind)s, %(report_type)s, %(start)s, %(end)s, %(options)s::jsonb, 'WANTED',
        (select count(*) from report_requests where {EQUAL} and state = 'THROTTLED'
            and not_before > clock_timestamp() - interval '1 day'),
        %(run_id)s)
on conflict do nothing
returning {COLUMNS}
"""  # noqa: S608
CLOSE = f"""
update report_requests
   set state = 'FATAL', updated_at = clock_timestamp(), reason = 'it took too long and was given up'
 where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
   and state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS')
   and (coalesce(asked_at, created_at) < clock_timestamp() - %(kept)s or (asked_at < %(not_older_than)s and {EQUAL}))
"""  # noqa: S608
CLAIM = """
update report_requests set run_id = %(run_id)s, updated_at = clock_timestamp()
 where id = %(id)s and state = 'WANTED' and amazon_id is null
   and (run_id = %(run_id)s or updated_at < clock_timestamp() - %(abandoned)s)
returning id
"""
HELD = "where id = any(%(ids)s) and run_id = %(run_id)s and state = 'WANTED' and amazon_id is null"
GIVEN_UP = f"select amazon_id from report_requests where {EQUAL} and state = 'FATAL' and amazon_id is not null"  # noqa: S608
UNFINISHED = f"""
select {COLUMNS} from report_requests
 where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and kind = %(kind)s
   and report_type = any(%(types)s) and created_at > clock_timestamp() - %(kept)s
   and (state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') or (state = 'DONE' and collected_at is null))
 order by window_start desc nulls last, created_at desc
"""  # noqa: S608
NOTE = """
update report_requests
   set state = %(state)s, amazon_id = %(amazon_id)s, document_id = %(document_id)s, asked_at = %(created_at)s,
       ready_at = %(ready_at)s, tries = %(tries)s, reason = %(reason)s, next_page = %(next_page)s, reused = %(reused)s,
       not_before = %(not_before)s, updated_at = clock_timestamp()
 where id = %(id)s and (state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') or not %(is_live)s)
   and (state <> 'FATAL' or %(state)s = 'FATAL')
returning id
"""
GENERATION = """
select percentile_cont(0.5) within group (order by extract(epoch from ready_at - asked_at)), count(*)
  from (select asked_at, ready_at from report_requests
         where seller_id = %(seller_id)s and kind = %(kind)s and report_type = %(report_type)s and state = 'DONE'
           and not reused and ready_at >= asked_at
         order by created_at desc limit %(last)s) as lately
"""
LEARNT_FROM = 20
Request = TypeVar("Request")
Job = TypeVar("Job")


class PostgresJobStore(Generic[Request, Job]):
    """One seller's requests.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        marketplace_id: The marketplace asked about.
        run_id: The Dagster run that asks.
        abandoned: A request that was not sent, and not touched for so long, belongs to a run that died.
        make_request: Makes a request of (report_type, start, end, options).
        make_work: Makes a work of its fields by name.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        seller_id: UUID,
        marketplace_id: str,
        run_id: str,
        abandoned: timedelta,
        make_request: Callable[..., Request],
        make_job: Callable[..., Job],
    ) -> None:
        self._pool = pool
        self._given = {"seller_id": seller_id, "marketplace_id": marketplace_id, "run_id": run_id}
        self._seller_id, self._abandoned = seller_id, abandoned
        self._make_request, self._make_job = make_request, make_job

    def find_or_add(
        self, kind: str, request: Any, fresh: timedelta, kept: timedelta, not_older_than: datetime | None = None
    ) -> tuple[Job, bool]:
        """Find work that serves a request, or write it down; two runs that want the same share one."""
        given = {**self._asked(kind, request), "fresh": fresh, "kept": kept, "not_older_than": not_older_than}
        while True:
            with self._rows() as query:
                query(CLOSE, given)
                if (found := query(SERVING, given)) or (made := query(INSERT, given)):
                    return self._job((found or made)[0]), not found
            # another run wrote the same down between the two statements, and it may be over by now

    def claim(self, job: Any) -> bool:
        """Take a WANTED work in hand; one that another run has in hand is left to it, unless it died over it."""
        with self._rows() as query:
            return bool(query(CLAIM, {**self._given, "id": job.id, "abandoned": self._abandoned}))

    def touch(self, jobs: Sequence[Any]) -> None:
        """Tell other runs that these works are still on their way."""
        self._hold(jobs, "update report_requests set updated_at = clock_timestamp()")

    def release(self, jobs: Sequence[Any]) -> None:
        """Leave works that were not sent to whoever wants them next."""
        self._hold(jobs, "update report_requests set updated_at = 'epoch'")

    def _hold(self, jobs: Sequence[Any], update: LiteralString) -> None:
        ids = [job.id for job in jobs]
        if ids:
            with self._rows() as query:
                query(f"{update} {HELD}", {**self._given, "ids": ids})

    def _asked(self, kind: str, request: Any) -> dict[str, Any]:
        return {
            **self._given,
            "kind": kind,
            "report_type": request.report_type,
            "start": request.start,
            "end": request.end,
            "options": dump_json(dict(request.options or {})),
        }

    def read(self, job_id: UUID) -> Job:
        """One work as it stands."""
        with self._rows() as query:
            (row,) = query(f"select {COLUMNS} from report_requests where id = %(id)s", {"id": job_id})  # noqa: S608
        return self._job(row)

    def update(self, job: Any) -> bool:
        """Write down how a work stands; False if it was given up, or has ended meanwhile and this says it has not."""
        facts = {
            name: value for name, value in asdict(job).items() if name not in ("request", "written_at", "touched_at")
        }
        with self._rows() as query:
            reason = None if job.reason is None else storable(job.reason)
            given = {**facts, "state": str(job.state), "reason": reason, "is_live": job.is_live}
            return bool(query(NOTE, given))

    def mark_collected(self, job: Any) -> None:
        """Its data are loaded."""
        with self._rows() as query:
            query("update report_requests set collected_at = clock_timestamp() where id = %(id)s", {"id": job.id})

    def unfinished(self, kind: str, report_types: Sequence[str], kept: timedelta) -> list[Job]:
        """Live or uncollected work of some types, newest window first."""
        with self._rows() as query:
            found = query(UNFINISHED, {**self._given, "kind": kind, "types": list(report_types), "kept": kept})
        return [self._job(row) for row in found]

    def failed_ids(self, kind: str, request: Any) -> set[str]:
        """Amazon's ids of equal requests that ended FATAL."""
        with self._rows() as query:
            rows = query(GIVEN_UP, self._asked(kind, request))
        return {row["amazon_id"] for row in rows}

    def generation_seconds(self, kind: str, report_type: str) -> float | None:
        """Median time of generation of the seller's last reports of a type; None without any."""
        with self._rows() as query:
            (row,) = query(GENERATION, {**self._given, "kind": kind, "report_type": report_type, "last": LEARNT_FROM})
        median = row["percentile_cont"]
        return None if median is None else float(median)

    def now(self) -> datetime:
        """The database's clock."""
        with self._rows() as query:
            (row,) = query("select clock_timestamp() as now", {})
        moment: datetime = row["now"]
        return moment

    @contextmanager
    def _rows(self) -> Iterator[Callable[[str, dict[str, Any]], list[dict[str, Any]]]]:
        """One transaction whose statements give rows as dicts."""
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
        )
        return self._make_job(request=request, created_at=fields.pop("asked_at"), **fields)
