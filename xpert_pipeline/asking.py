"""Asks Amazon about many sellers at the same time, for the sensor `orders_delta`, within a fixed time.

`deltas` chooses the sellers, the sources ask. Nothing here knows a table.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from psycopg_pool import ConnectionPool

from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sources.run import SellerRun, today_of
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.session import SellerApi

THREADS = 8
"""As many as the pool of the pipeline's database has connections."""

Connect = Callable[[Seller], SellerApi]


@dataclass(frozen=True)
class Reply:
    """What came of one question.

    Attributes:
        at: When it was asked.
        news: What a run would find; None if there is nothing new.
        error: Why there is no answer; None if there is one.
    """

    at: datetime
    news: str | None = None
    error: str | None = None


@dataclass
class Asking:
    """One round of questions.

    Attributes:
        feeds: The sources with a change stream.
        pool: The pipeline's database.
        connect: Makes a seller's client; the round closes it.
        log: Log of the tick.
        clock: Returns the current time.
    """

    feeds: Sequence[Source]
    pool: ConnectionPool
    connect: Connect
    log: logging.Logger
    clock: Callable[[], datetime]
    _open: list[SellerApi] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def ask_all(self, sellers: Sequence[Seller], *, seconds: float, enough: int) -> Iterator[tuple[Seller, Reply]]:
        """Ask about the sellers in their order, several at a time; yield each reply when it comes.

        Args:
            sellers: The sellers; those that had to wait longest come first.
            seconds: After this time no further seller is asked, and open questions are given up.
            enough: After news of so many sellers no further seller is asked.

        Yields:
            A seller and its reply. Sellers that were not asked are left out, so they come first next time.
        """
        found = 0
        until = time.monotonic() + seconds
        alarm = threading.Timer(max(0.0, seconds), self._stop)
        alarm.daemon = True
        alarm.start()
        try:
            with ThreadPoolExecutor(THREADS, thread_name_prefix="asking") as threads:
                waiting = {threads.submit(self._ask, seller): seller for seller in sellers}
                for future in as_completed(waiting):
                    reply = future.result() if not future.cancelled() else None
                    if reply is None:
                        continue
                    found += reply.news is not None
                    if found >= enough or time.monotonic() >= until:
                        _cancel(waiting)
                    yield waiting[future], reply
        finally:
            alarm.cancel()
            self._stop()

    def _ask(self, seller: Seller) -> Reply | None:
        if self._over.is_set():
            return None
        at = self.clock()
        try:
            with self._client(seller) as api:
                run = SellerRun(
                    seller=seller,
                    days=(today_of(seller),),
                    pool=self.pool,
                    run_id="",
                    spool=Path(),
                    log=self.log,
                    client=lambda: api,
                )
                return Reply(at, news=next(filter(None, (_news(feed, run) for feed in self.feeds)), None))
        except (SpApiError, DatabaseError) as error:
            return Reply(at, error=f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001  a mistake in one seller's data must not keep the others from being asked
            return Reply(at, error=f"the answer could not be used ({type(error).__name__})")

    @contextmanager
    def _client(self, seller: Seller) -> Iterator[SellerApi]:
        with self.connect(seller) as api:
            with self._lock:
                self._open.append(api)
            try:
                yield api
            finally:
                with self._lock:
                    self._open.remove(api)

    def _stop(self) -> None:
        """Ask nobody else, and wake the questions that wait for quota or for a second try."""
        self._over.set()
        with self._lock:
            for api in self._open:
                api.stop()


def _news(feed: Source, run: SellerRun) -> str | None:
    own = run.where_offered(feed.marketplaces)
    return feed.news(own) if own.markets else None


def _cancel(waiting: dict[Future[Reply | None], Seller]) -> None:
    for future in waiting:
        future.cancel()
