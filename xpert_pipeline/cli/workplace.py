"""Makes a place where a sync can run: data directory, database, sandbox or Amazon, sellers, environment, instance."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import psycopg
from psycopg_pool import ConnectionPool

from xpert_pipeline.cli import sandbox_client
from xpert_pipeline.cli.environment import export, export_sandbox, read_settings, wants_sandbox
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.instance import open_instance
from xpert_pipeline.cli.services import Services, start_sandbox
from xpert_pipeline.cli.world import fixed_options, keep_world
from xpert_pipeline.postgres.embedded import EmbeddedServer, find_embedded, start_embedded
from xpert_pipeline.postgres.encryption import read_key
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.migrations import migrate, pending
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.settings import Settings
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.wording import counted


@dataclass
class Workplace:
    """Everything a command needs, open until the block is left.

    `left_out` names the sellers whose sync could not start, with the reason.
    """

    home: Home
    settings: Settings
    services: Services
    pool: ConnectionPool
    book: SellerBook
    uses_sandbox: bool
    sandbox: dict[str, Any] | None = None
    left_out: list[str] = field(default_factory=list)

    def served(self) -> list[Seller]:
        """Every seller that this environment serves, whatever its status: the sandbox's own, or the real ones."""
        worlds = sandbox_client.seller_ids(self.sandbox) if self.sandbox else None
        return [
            seller
            for seller in self.book.all()
            if seller.is_sandbox == self.uses_sandbox and (worlds is None or seller.amazon_seller_id in worlds)
        ]

    def sellers(self, wanted: Sequence[str] = ()) -> list[Seller]:
        """The sellers to sync: those wanted, else the active ones.

        Raises:
            PreconditionError: If one is not known here, or none is left.
        """
        served = {seller.amazon_seller_id: seller for seller in self.served()}
        for amazon_id in wanted:
            if amazon_id not in served:
                raise PreconditionError(f"seller {amazon_id} is not known: see `xpert sellers list`")
        chosen = [s for s in served.values() if (s.amazon_seller_id in wanted if wanted else s.status == "active")]
        if not chosen:
            raise PreconditionError(
                "there is no active seller to sync: add one with `xpert sellers add`, "
                "or resume one (`xpert sellers list` shows why it stopped)"
            )
        return chosen

    def instance(self) -> dg.DagsterInstance:
        """Dagster's instance, with every known seller as a partition."""
        instance = open_instance()
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
        world: The sandbox's options as click parsed them; None means the world served last.
        force_sandbox: Take the sandbox though credentials or DATABASE_URL are set.

    Raises:
        PreconditionError: With what is missing and how to mend it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs inherit it ignored
        signal.signal(number, _interrupt)
    os.environ["PGAPPNAME"] = _own_name()
    home = Home(data_directory(data_dir))
    settings = read_settings()
    uses_sandbox = wants_sandbox(settings, force=force_sandbox)
    started: EmbeddedServer | None = None
    with Services(home.logs) as services:
        try:
            admin, pipeline, started = _database(home, settings)
            export(home, settings, admin, pipeline)
            sandbox = None
            if uses_sandbox:
                options = fixed_options(home, world)
                sandbox = start_sandbox(services, [f"--port={options.port}", *options.arguments()])
                keep_world(home, world)
                export_sandbox(sandbox)
            pool = open_pool(pipeline)
            try:
                settings = read_settings()
                book = SellerBook(pool, settings.key)
                _onboard(book, settings, sandbox)
                yield Workplace(home, settings, services, pool, book, uses_sandbox, sandbox)
            finally:
                pool.close()
        except DatabaseError as error:
            raise PreconditionError(str(error)) from error
        finally:
            services.stop()
            _stop_unless_used(started)


def _stop_unless_used(server: EmbeddedServer | None) -> None:
    """Stop the server this command started, unless another command has come to use it meanwhile."""
    if server is None:
        return
    others = (
        "select count(*) from pg_stat_activity where backend_type = 'client backend'"
        " and application_name is distinct from current_setting('application_name')"
    )
    try:
        with psycopg.connect(server.admin_dsn, autocommit=True, application_name=_own_name()) as connection:
            (used,) = connection.execute(others).fetchone() or (0,)
    except psycopg.OperationalError:  # it is gone already
        used = 0
    if not used:
        server.stop()


def _own_name() -> str:
    """What connections of this process are called: Dagster keeps some of its own open to the end."""
    return f"xpert-{os.getpid()}"


def _interrupt(*_: object) -> None:
    """SIGTERM ends a command as Ctrl-C does: whatever it started is stopped."""
    raise KeyboardInterrupt


def _database(home: Home, settings: Settings) -> tuple[str, str, EmbeddedServer | None]:
    if settings.database_url:
        dsn = settings.database_url.get_secret_value()
        if names := pending(dsn):
            raise PreconditionError(
                f"the database lacks {counted(len(names), 'migration')} ({', '.join(names)}): "
                "run `xpert db migrate` first"
            )
        return dsn, dsn, None
    running = find_embedded(home.path)
    server = running or start_embedded(home.path)
    try:
        migrate(server.admin_dsn)
    except BaseException:
        if not running:
            server.stop()
        raise
    return server.admin_dsn, server.pipeline_dsn, None if running else server


def _onboard(book: SellerBook, settings: Settings, sandbox: dict[str, Any] | None) -> None:
    known = {seller.amazon_seller_id: seller for seller in book.all()}
    if sandbox:
        for entry in sandbox_client.sellers(sandbox):
            if entry["seller_id"] not in known:
                marketplace = by_id(entry["marketplace_id"])
                book.add(
                    amazon_seller_id=entry["seller_id"],
                    name=entry["name"],
                    region=marketplace.region,
                    marketplace_ids=[marketplace.id],
                    regions={marketplace.id: marketplace.region},
                    timezone=marketplace.timezone,
                    is_sandbox=True,
                    refresh_token=entry["refresh_token"],
                )
    elif settings.seller_id and settings.refresh_token and _differs(known.get(settings.seller_id), settings):
        marketplace = by_id(settings.marketplace_ids[0])
        book.add(
            amazon_seller_id=settings.seller_id,
            name=settings.seller_id,
            region=marketplace.region,
            marketplace_ids=list(settings.marketplace_ids),
            regions={name: by_id(name).region for name in settings.marketplace_ids},
            timezone=marketplace.timezone,
            is_sandbox=False,
            refresh_token=None,
        )


def _differs(known: Seller | None, settings: Settings) -> bool:
    """Whether the environment's seller is new, corrected, or perhaps authorized again."""
    return known is None or known.marketplace_ids != settings.marketplace_ids or known.status == "reauth_required"


@contextmanager
def open_database(data_dir: str | None) -> Iterator[tuple[ConnectionPool, bytes | None]]:
    """The pipeline's database alone, for commands that look or administer; and the token key.

    The embedded server is started if need be and left as it was found.
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
        _stop_unless_used(started)


@contextmanager
def open_records(data_dir: str | None) -> Iterator[tuple[ConnectionPool, dg.DagsterInstance]]:
    """The pipeline's database and Dagster's instance, for commands that look at both while nothing else need run.

    Raises:
        PreconditionError: With what is missing and how to mend it.
    """
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
        _stop_unless_used(started)
