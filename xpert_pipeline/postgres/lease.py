"""The lease for a seller's stream: only one writer at a time, and a writer that lost the lease cannot commit.

A thread renews the lease. The last statement of every load is the fence, which only the newest token passes. All times
are the database's, so a frozen process or a wrong clock does no harm.
"""

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psutil
from psycopg import Connection

from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.pool import Pool, operator

ACQUIRE = """
insert into seller_leases as l (seller_id, stream, holder, holder_name, expires_at)
values (%(seller_id)s, %(stream)s, %(holder)s, %(holder_name)s, clock_timestamp() + %(ttl)s * interval '1 second')
on conflict (seller_id, stream) do update
set token = l.token + 1, holder = excluded.holder, holder_name = excluded.holder_name, expires_at = excluded.expires_at
where l.expires_at < clock_timestamp()
returning token
"""
RENEW = """
update seller_leases set expires_at = clock_timestamp() + %(ttl)s * interval '1 second'
where (seller_id, stream, holder, token) = (%(seller_id)s, %(stream)s, %(holder)s, %(token)s)
returning token
"""
HELD = """
select holder_name, case when isfinite(expires_at) then expires_at end, token from seller_leases
where (seller_id, stream) = (%(seller_id)s, %(stream)s)
"""
END = """
update seller_leases set expires_at = '-infinity' where (seller_id, stream, token) = (%s, %s, %s)
"""
FENCE = """
select 1 from seller_leases
where (seller_id, stream, holder, token) = (%(seller_id)s, %(stream)s, %(holder)s, %(token)s) for no key update
"""
RELEASE = """
update seller_leases set expires_at = '-infinity'
where (seller_id, stream, holder, token) = (%(seller_id)s, %(stream)s, %(holder)s, %(token)s)
"""

logger = logging.getLogger(__name__)


class LeaseHeld(DatabaseError):
    """Another process writes this stream: wait for it. Nothing is broken."""


class LeaseLost(DatabaseError):
    """Another process took over the stream and does the work: stop. Nothing from this load was kept."""


@dataclass
class Lease:
    """A lease that this process holds: call `check` before a step outside the database, and `fence` at each commit."""

    pool: Pool
    seller_id: UUID
    stream: str
    token: int
    holder: UUID
    ttl: float
    _lost: threading.Event = field(default_factory=threading.Event)
    _done: threading.Event = field(default_factory=threading.Event)

    @property
    def _names(self) -> dict[str, object]:
        return {
            "seller_id": self.seller_id,
            "stream": self.stream,
            "holder": self.holder,
            "token": self.token,
            "ttl": self.ttl,
        }

    def check(self) -> None:
        """Raise an error if the lease is known to be lost.

        Raises:
            LeaseLost: It is lost.
        """
        if self._lost.is_set():
            raise self._loss()

    def fence(self, conn: Connection) -> None:
        """Let the transaction commit only if this lease is still the newest; call it last before COMMIT.

        Raises:
            LeaseLost: Another process has taken the lease.
        """
        if conn.execute(FENCE, self._names).fetchone() is None:
            self._lost.set()
            raise self._loss()

    def renew(self) -> None:
        """Keep the lease for another `ttl` seconds.

        Raises:
            LeaseLost: Another process has taken the lease.
        """
        with operator(self.pool) as conn:
            if conn.execute(RENEW, self._names).fetchone() is None:
                self._lost.set()
                raise self._loss()

    def release(self) -> None:
        """Give the lease back; its row stays, so that the token never decreases."""
        with operator(self.pool) as conn:
            conn.execute(RELEASE, self._names)

    def _keep(self) -> None:
        while not self._done.wait(self.ttl / 3):
            try:
                self.renew()
            except LeaseLost:
                return
            except DatabaseError as error:  # try again later: the fence decides at the commit
                logger.warning("lease of %s not renewed: %s", self.stream, error)

    def _loss(self) -> LeaseLost:
        return LeaseLost(
            f"the lease of {self.stream} was lost to another process while this one paused for more than "
            f"{self.ttl:.0f} s. Nothing from this load was kept; the other process does the work"
        )


@contextmanager
def hold(
    pool: Pool, seller_id: UUID, stream: str, *, ttl: float = 60, wait: float = 0, name: str | None = None
) -> Iterator[Lease]:
    """Hold the lease of a stream, renew it in the background, and give it back at the end.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        stream: The stream to write.
        ttl: Seconds without renewal after which other processes may take the lease.
        wait: Seconds to wait for another holder. A run holds the lease for one window at a time.
        name: Name of the holder, for people; default: host and process.

    Raises:
        LeaseHeld: Another process holds the lease; the message names it and says until when.
    """
    lease = _acquire(pool, seller_id, stream, ttl, wait, name or f"{socket.gethostname()} process {os.getpid()}")
    keeper = threading.Thread(target=lease._keep, name=f"lease-{stream}", daemon=True)  # noqa: SLF001
    keeper.start()
    try:
        yield lease
    finally:
        lease._done.set()  # noqa: SLF001
        keeper.join()
        if not lease._lost.is_set():  # noqa: SLF001
            _release_quietly(lease)


def _acquire(pool: Pool, seller_id: UUID, stream: str, ttl: float, wait: float, name: str) -> Lease:
    deadline = time.monotonic() + wait
    values = {"seller_id": seller_id, "stream": stream, "holder": uuid4(), "holder_name": name, "ttl": ttl}
    while True:
        with operator(pool) as conn:
            row = conn.execute(ACQUIRE, values).fetchone()
            if row is not None:
                return Lease(pool, seller_id, stream, row[0], values["holder"], ttl)  # type: ignore[arg-type]
            holder, until, token = conn.execute(HELD, values).fetchone() or ("another process", None, 0)
            if _is_killed(holder):
                conn.execute(END, [seller_id, stream, token])
                continue
        if time.monotonic() >= deadline:
            raise LeaseHeld(
                f"{stream} of this seller is being written by {holder} "
                f"(lease until {until or 'a moment ago'}): try again later"
            )
        time.sleep(min(random.uniform(0.2, 0.6), max(0.0, deadline - time.monotonic())))  # noqa: S311


def _is_killed(holder_name: str) -> bool:
    """Return whether a holder is a process of this machine that has ended and cannot give its lease back.

    A wrong answer does no harm: the fence stops a holder that still runs.
    """
    host, _, number = holder_name.rpartition(" process ")
    if host != socket.gethostname() or not number.isdecimal():
        return False
    try:
        return psutil.Process(int(number)).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _release_quietly(lease: Lease) -> None:
    try:
        lease.release()
    except DatabaseError as error:
        logger.warning("lease of %s not given back: it ends in %.0f s: %s", lease.stream, lease.ttl, error)
