"""A real PostgreSQL for the tests: one embedded server a session, one freshly migrated database a test.

`admin_dsn` owns the tables, `pipeline_dsn` and `pool` are the unprivileged role that the pipeline runs as.
"""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import ModuleType

import psutil
import psycopg
import pytest
from psycopg import sql

from xpert_pipeline.garbage import leave_out_of_collection
from xpert_pipeline.postgres.embedded import EmbeddedServer, remove_embedded, start_embedded
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.postgres.pool import Pool, open_pool
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline_tests.midnight import NOTED, SecondChance, moved_on

BEGAN = datetime.now(UTC)
TEMPLATE = "xpert_template"
MARKETPLACE = "A21TJRUUN4KGV"
KEY = bytes(range(32))
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 6 << 30
"""Bytes that must be free in memory; a container often has a small share only."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep the temporary files in memory where there is room: hundreds of small databases wait for a busy disk."""
    config.pluginmanager.register(SecondChance())
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start files of long tests first, so that no worker is alone with one at the end."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """Spare the garbage collector the modules: it looked at all of them again and again."""
    leave_out_of_collection()


@pytest.fixture(autouse=True)
def days_move_on(request: pytest.FixtureRequest) -> None:
    """Correct the days that the test's module noted at its import, if midnight has passed since."""
    now = datetime.now(UTC)
    for name, (noted, began) in _noted_by(request.module).items():
        setattr(request.module, name, moved_on(noted, began, now))


@cache
def _noted_by(module: ModuleType) -> dict[str, tuple[date, datetime]]:
    """The days that a module noted, and when the suite began; constants are read before anything changes them."""
    noted = {name: getattr(module, name, None) for name in NOTED}
    return {name: (day, BEGAN) for name, day in noted.items() if type(day) is date}


@pytest.fixture(scope="session")
def new_home() -> Iterator[Callable[[], Path]]:
    """Makes data directories that another user may enter: as root, the embedded server runs as one."""
    made = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="xh-")))
        made[-1].chmod(0o755)
        return made[-1]

    yield make
    for home in made:
        shutil.rmtree(home, ignore_errors=True)


def remove_orphans() -> None:
    """End the servers of test sessions that were killed."""
    for pid in Path(tempfile.gettempdir()).glob("xt-*/pid"):
        with contextlib.suppress(FileNotFoundError):  # another session removes it at the same time
            owner = pid.read_text() if pid.stat().st_uid == os.geteuid() else ""
            if owner and not psutil.pid_exists(int(owner)):
                remove_embedded(pid.parent / "data")
                shutil.rmtree(pid.parent)


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[EmbeddedServer]:
    remove_orphans()
    home = Path(tempfile.mkdtemp(prefix="xt-"))
    home.chmod(0o755)  # as root the server runs as another user
    (home / "pid").write_text(str(os.getpid()))
    server = start_embedded(home / "data")
    with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            conn.execute(f"alter system set {setting} = off")  # a test database need not survive the machine
        conn.execute("select pg_reload_conf()")
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    migrate(server.dsn("postgres", TEMPLATE))
    yield server
    server.stop()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def new_database(embedded_server: EmbeddedServer) -> Callable[[], tuple[str, str]]:
    """Makes a migrated database; gives its admin and pipeline address."""

    def make() -> tuple[str, str]:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as conn:
            command = "create database {} template {} strategy file_copy"  # half the time of the default
            conn.execute(sql.SQL(command).format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        return embedded_server.dsn("postgres", name), embedded_server.dsn("xpert_pipeline", name)

    return make


def drop_database(admin_dsn: str, server: EmbeddedServer) -> None:
    name = psycopg.conninfo.conninfo_to_dict(admin_dsn)["dbname"]
    with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(str(name))))


@pytest.fixture
def database(new_database, embedded_server) -> Iterator[tuple[str, str]]:
    addresses = new_database()
    yield addresses
    drop_database(addresses[0], embedded_server)


@pytest.fixture
def admin_dsn(database) -> str:
    return database[0]


@pytest.fixture
def pipeline_dsn(database) -> str:
    return database[1]


@pytest.fixture
def pool(pipeline_dsn) -> Iterator[Pool]:
    with open_pool(pipeline_dsn) as opened:
        yield opened


@pytest.fixture
def sellers(pool) -> SellerBook:
    return SellerBook(pool, KEY)


@pytest.fixture
def seller(sellers) -> Seller:
    return sellers.add(
        "A1TESTSELLER",
        name="Test Books",
        region="eu",
        marketplace_ids=[MARKETPLACE],
        timezone="Asia/Kolkata",
        refresh_token="Atzr|secret",
        is_sandbox=True,
    )


@pytest.fixture
def other_seller(sellers) -> Seller:
    return sellers.add(
        "A2OTHERSELLER",
        name="Other Books",
        region="eu",
        marketplace_ids=[MARKETPLACE],
        timezone="Asia/Kolkata",
        is_sandbox=True,
    )


@pytest.fixture
def admin(admin_dsn) -> Iterator[psycopg.Connection]:
    with psycopg.connect(admin_dsn, autocommit=True) as conn:
        yield conn
