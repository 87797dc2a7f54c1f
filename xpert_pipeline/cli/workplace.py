"""Opens what a command works with: data directory, database, sandbox or Amazon, sellers, environment, instance."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.cli import sandbox_client
from xpert_pipeline.cli.dagster_instance import open_instance
from xpert_pipeline.cli.environment import (
    export,
    export_sandbox,
    export_timezone,
    read_settings,
    require_data_directory,
    wants_sandbox,
)
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.onboarding import onboard
from xpert_pipeline.cli.services import Services, start_sandbox
from xpert_pipeline.cli.started_server import own_name, stop_unless_used
from xpert_pipeline.cli.world import fixed_options, keep_world
from xpert_pipeline.postgres.embedded import EmbeddedServer, start_embedded
from xpert_pipeline.postgres.encryption import read_key
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.migrations import migrate, pending
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.sellers import ACTIVE, Seller, SellerBook
from xpert_pipeline.settings import Settings
from xpert_pipeline.wording import counted


@dataclass
class Workplace:
    """What a sync needs, open until the block of `open_workplace` ends.

    Attributes:
        home: The data directory.
        settings: The environment.
        services: Processes that this command started.
        pool: The pipeline's database.
        book: Its sellers.
        uses_sandbox: Whether the sandbox takes Amazon's place.
        sandbox: The ready line of the sandbox.
        rate_scale: How many times faster than Amazon the sandbox is; 0 means no limits.
        left_out: Sellers whose sync could not start, with the reason.
    """

    home: Home
    settings: Settings
    services: Services
    pool: ConnectionPool
    book: SellerBook
    uses_sandbox: bool
    sandbox: dict[str, Any] | None = None
    rate_scale: float | None = None
    left_out: list[str] = field(default_factory=list)

    def served(self) -> list[Seller]:
        """Return the sellers of this environment, active or not: those of the running sandbox, or the real ones."""
        in_sandbox = sandbox_client.seller_ids(self.sandbox) if self.sandbox else None
        return [
            seller
            for seller in self.book.all()
            if seller.is_sandbox == self.uses_sandbox and (in_sandbox is None or seller.amazon_seller_id in in_sandbox)
        ]

    def sellers(self, amazon_ids: Sequence[str] = ()) -> list[Seller]:
        """Return the sellers with these ids; without ids, the active ones.

        Raises:
            PreconditionError: A seller is not known here, or none is active.
        """
        served = {seller.amazon_seller_id: seller for seller in self.served()}
        for amazon_id in amazon_ids:
            if amazon_id not in served:
                raise PreconditionError(f"seller {amazon_id} is not known: see `xpert sellers list`")
        if amazon_ids:
            return [served[amazon_id] for amazon_id in served if amazon_id in amazon_ids]
        active = [seller for seller in served.values() if seller.status == ACTIVE]
        if not active:
            raise PreconditionError(
                "there is no active seller to sync: add one with `xpert sellers add`, "
                "or resume one (`xpert sellers list` shows why it stopped)"
            )
        return active

    def instance(self, *, runs_here: bool = False) -> dg.DagsterInstance:
        """Open Dagster's instance, with every seller as a partition; see `open_instance`."""
        instance = open_instance(runs_here=runs_here)
        instance.add_dynamic_partitions("sellers", [seller.amazon_seller_id for seller in self.book.all()])
        return instance


@contextmanager
def open_workplace(
    data_dir: str | None,
    *,
    world: dict[str, Any] | None = None,
    force_sandbox: bool = False,
) -> Iterator[Workplace]:
    """Start what is needed, and stop it at the end.

    Args:
        data_dir: `--data-dir`.
        world: The sandbox's options as click parsed them; None for those that were used last.
        force_sandbox: Use the sandbox even if credentials or DATABASE_URL are set.

    Raises:
        PreconditionError: Something is missing; the message says what to do.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # shells start background jobs with SIGINT ignored
        signal.signal(number, _interrupt)
    os.environ["PGAPPNAME"] = own_name()
    home = Home(data_directory(data_dir))
    settings = read_settings()
    uses_sandbox = wants_sandbox(settings, force=force_sandbox)
    started: EmbeddedServer | None = None
    with Services(home.logs) as services:
        try:
            admin, pipeline, started = _database(home, settings)
            export(home, settings, admin, pipeline)
            sandbox, rate_scale = None, None
            if uses_sandbox:
                options = fixed_options(home, world)
                sandbox = start_sandbox(services, [f"--port={options.port}", *options.arguments()])
                rate_scale = options.rate_scale
                keep_world(home, world)
                export_sandbox(sandbox)
            pool = open_pool(pipeline)
            try:
                book = SellerBook(pool, read_settings().key)
                onboard(book, read_settings(), sandbox)
                export_timezone(book.all())
                settings = read_settings()
                yield Workplace(home, settings, services, pool, book, uses_sandbox, sandbox, rate_scale)
            finally:
                pool.close()
        except DatabaseError as error:
            raise PreconditionError(str(error)) from error
        finally:
            services.stop()
            stop_unless_used(started)


def _interrupt(*_: object) -> None:
    """End the command as Ctrl-C does, so that it stops everything it started."""
    raise KeyboardInterrupt


def _database(home: Home, settings: Settings) -> tuple[str, str, EmbeddedServer | None]:
    """Return the administrator's and the pipeline's DSN, and the embedded server if this command has started it."""
    if settings.database_url:
        dsn = settings.database_url.get_secret_value()
        if names := pending(dsn):
            raise PreconditionError(
                f"the database lacks {counted(len(names), 'migration')} ({', '.join(names)}): "
                "run `xpert db migrate` first. If it had them before, DATABASE_URL leads to another database now: "
                "correct it"
            )
        return dsn, dsn, None
    server = start_embedded(home.path)
    try:
        migrate(server.admin_dsn)
    except BaseException:
        stop_unless_used(server if server.is_new else None)
        raise
    return server.admin_dsn, server.pipeline_dsn, server if server.is_new else None


@contextmanager
def open_database(data_dir: str | None) -> Iterator[tuple[ConnectionPool, bytes | None]]:
    """Open only the pipeline's database, and return the key of the tokens with it.

    An embedded server that was not running is started, and stopped at the end.
    """
    home = Home(data_directory(data_dir))
    settings = read_settings()
    _, pipeline, started = _database(home, settings)
    pool = open_pool(pipeline)
    try:
        key = settings.key or (None if settings.database_url else read_key(home.encryption_key()))
        yield pool, key
    finally:
        pool.close()
        stop_unless_used(started)


@contextmanager
def open_records(data_dir: str | None) -> Iterator[tuple[ConnectionPool, dg.DagsterInstance]]:
    """Open the pipeline's database and Dagster's instance, for commands about what is there already.

    Raises:
        PreconditionError: Something is missing, such as the data directory; the message says what to do.
    """
    require_data_directory(data_dir)
    home = Home(data_directory(data_dir))
    settings = read_settings()
    started: EmbeddedServer | None = None
    try:
        admin, pipeline, started = _database(home, settings)
        export(home, settings, admin, pipeline)
        with open_pool(pipeline) as pool, open_instance() as instance:
            yield pool, instance
    except DatabaseError as error:
        raise PreconditionError(str(error)) from error
    finally:
        stop_unless_used(started)
