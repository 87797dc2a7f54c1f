"""A job store in memory, for tests of the code that uses one; the pipeline's own is in Postgres."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from xpert_pipeline.spapi.jobs.job import LIVE, Job, JobState


class MemoryJobStore:
    def __init__(self):
        self.rows, self.kinds, self.taken, self.late = {}, {}, set(), timedelta(0)

    def now(self):
        return datetime.now(UTC) + self.late

    def find_or_add(self, kind, request, fresh, kept, not_older_than=None):
        for job in list(self.rows.values()):
            old = not_older_than and job.created_at and job.created_at < not_older_than and job.request == request
            if job.is_live and (old or self.now() - (job.created_at or job.written_at) > kept):
                self.rows[job.id] = replace(job, state=JobState.FATAL, reason="given up")
        for job in reversed(self.rows.values()):
            same = (self.kinds[job.id], job.request) == (kind, request)
            old = not_older_than and job.created_at and job.created_at < not_older_than
            if same and not old and self._serves(job, fresh, kept):
                return job, False
        asked_too_often = [
            job for job in self.rows.values() if job.request == request and job.state is JobState.THROTTLED
        ]
        job = Job(uuid4(), request, JobState.WANTED, self.now(), self.now(), tries=len(asked_too_often))
        self.rows[job.id], self.kinds[job.id] = job, kind
        return job, True

    def claim(self, job):
        stored = self.rows[job.id]
        return stored.state is JobState.WANTED and stored.amazon_id is None

    def touch(self, jobs):
        self._touched(jobs, self.now())

    def release(self, jobs):
        self._touched(jobs, datetime(1970, 1, 1, tzinfo=UTC))

    def _touched(self, jobs, moment):
        for job in jobs:
            if self.claim(job):
                self.rows[job.id] = replace(self.rows[job.id], touched_at=moment)

    def _serves(self, job, fresh, kept):
        if job.state in LIVE:
            return True
        if job.state is JobState.DONE and job.id not in self.taken:
            return self.now() - job.written_at < kept
        if job.state is JobState.THROTTLED:
            return job.not_before > self.now()
        return job.state in (JobState.DONE, JobState.EMPTY) and self.now() - (job.created_at or job.written_at) < fresh

    def failed_ids(self, kind, request):
        same = [job for job in self.rows.values() if (self.kinds[job.id], job.request) == (kind, request)]
        return {job.amazon_id for job in same if job.state is JobState.FATAL}

    def read(self, job_id):
        return self.rows[job_id]

    def update(self, job):
        known = self.rows[job.id]
        if (job.is_live and not known.is_live) or (known.state is JobState.FATAL and job.state is not JobState.FATAL):
            return False
        self.rows[job.id] = job
        return True

    def mark_collected(self, job):
        self.taken.add(job.id)

    def unfinished(self, kind, report_types, kept):
        return [
            job
            for job in self.rows.values()
            if self.kinds[job.id] == kind
            and (not report_types or job.request.report_type in report_types)
            and self.now() - job.written_at < kept
            and (job.is_live or (job.state is JobState.DONE and job.id not in self.taken))
        ]

    def age(self, **by):
        """Make all rows older."""
        self.rows = {
            key: replace(
                job,
                written_at=job.written_at - timedelta(**by),
                touched_at=job.touched_at - timedelta(**by),
                created_at=job.created_at and job.created_at - timedelta(**by),
            )
            for key, job in self.rows.items()
        }
