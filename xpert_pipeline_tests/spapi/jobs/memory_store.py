"""A book of requests in memory, for tests of what is done with one; the pipeline's own is in Postgres."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from xpert_pipeline.spapi.jobs.job import LIVE, State, Work


class MemoryBook:
    def __init__(self):
        self.rows, self.kinds, self.taken, self.late = {}, {}, set(), timedelta(0)

    def now(self):
        return datetime.now(UTC) + self.late

    def want(self, kind, request, fresh, kept, not_older_than=None):
        for work in list(self.rows.values()):
            old = not_older_than and work.created_at and work.created_at < not_older_than and work.request == request
            if work.is_live and (old or self.now() - (work.created_at or work.written_at) > kept):
                self.rows[work.id] = replace(work, state=State.FATAL, reason="given up")
        for work in reversed(self.rows.values()):
            same = (self.kinds[work.id], work.request) == (kind, request)
            old = not_older_than and work.created_at and work.created_at < not_older_than
            if same and not old and self._serves(work, fresh, kept):
                return work, False
        asked_too_often = [
            work for work in self.rows.values() if work.request == request and work.state is State.THROTTLED
        ]
        work = Work(uuid4(), request, State.WANTED, self.now(), self.now(), tries=len(asked_too_often))
        self.rows[work.id], self.kinds[work.id] = work, kind
        return work, True

    def claim(self, work):
        found = self.rows[work.id]
        return found.state is State.WANTED and found.amazon_id is None

    def touch(self, works):
        self._touched(works, self.now())

    def release(self, works):
        self._touched(works, datetime(1970, 1, 1, tzinfo=UTC))

    def _touched(self, works, moment):
        for work in works:
            if self.claim(work):
                self.rows[work.id] = replace(self.rows[work.id], touched_at=moment)

    def _serves(self, work, fresh, kept):
        if work.state in LIVE:
            return True
        if work.state is State.DONE and work.id not in self.taken:
            return self.now() - work.written_at < kept
        if work.state is State.THROTTLED:
            return work.not_before > self.now()
        return work.state in (State.DONE, State.EMPTY) and self.now() - (work.created_at or work.written_at) < fresh

    def given_up(self, kind, request):
        same = [work for work in self.rows.values() if (self.kinds[work.id], work.request) == (kind, request)]
        return {work.amazon_id for work in same if work.state is State.FATAL}

    def read(self, work_id):
        return self.rows[work_id]

    def note(self, work):
        known = self.rows[work.id]
        if (work.is_live and not known.is_live) or (known.state is State.FATAL and work.state is not State.FATAL):
            return False
        self.rows[work.id] = work
        return True

    def collected(self, work):
        self.taken.add(work.id)

    def unfinished(self, kind, report_types, kept):
        return [
            work
            for work in self.rows.values()
            if self.kinds[work.id] == kind
            and work.request.report_type in report_types
            and self.now() - work.written_at < kept
            and (work.is_live or (work.state is State.DONE and work.id not in self.taken))
        ]

    def age(self, **by):
        """Let all rows be older."""
        self.rows = {
            key: replace(
                work,
                written_at=work.written_at - timedelta(**by),
                touched_at=work.touched_at - timedelta(**by),
                created_at=work.created_at and work.created_at - timedelta(**by),
            )
            for key, work in self.rows.items()
        }
