"""Checks of the database: it answers, is new enough and migrated, and its role has exactly the rights it needs."""

from collections.abc import Iterable, Iterator

from psycopg import Connection
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.findings import FAIL, OK, WARN, Finding, State
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.migrations import pending
from xpert_pipeline.postgres.pool import operator
from xpert_pipeline.postgres.problems import column_problems, guard_problems, key_problems, right_problems
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.settings import Settings

OLDEST_SERVER = 150_000
SUPPORT_TABLES = (
    "sellers",
    "loads",
    "rejected_records",
    "seller_leases",
    "api_quota",
    "quota_waiters",
    "dirty_keys",
    "fact_stream",
)


def check_database(pool: ConnectionPool) -> Iterator[Finding]:
    """Check the database with the pipeline's role."""
    try:
        with operator(pool) as connection:
            yield Finding("database", OK, "it answers")
            yield _version(connection)
            yield from _problems("role", guard_problems(connection, TABLES), WARN, "restricted by row level security")
            missing = [*column_problems(connection, TABLES), *_support_tables(connection)]
            yield from _problems("tables", missing, FAIL, f"all {len(TABLES) + len(SUPPORT_TABLES)} exist")
            yield from _problems("keys", key_problems(connection, TABLES), FAIL, "every table has its unique key")
            yield from _problems("rights", right_problems(connection, TABLES), FAIL, "granted")
        yield _migrations(str(pool.conninfo))
    except DatabaseError as error:
        yield Finding("database", FAIL, str(error), "correct the address or the server, then run `xpert doctor` again")


def check_dagster_storage(settings: Settings) -> Finding:
    """Check the database in which Dagster keeps its history, by opening it as Dagster does."""
    from xpert_pipeline.cli.storage_address import check_storage  # noqa: PLC0415  its libraries are slow to import

    where = "a direct or session connection" if settings.dagster_database_url else "in the embedded database"
    try:
        check_storage(settings)
    except (DatabaseError, PreconditionError) as error:
        return Finding("Dagster's storage", FAIL, str(error), "correct the address, then run `xpert doctor` again")
    return Finding("Dagster's storage", OK, where)


def check_tokens(book: SellerBook, sellers: list[Seller], env_seller: str | None) -> Iterator[Finding]:
    """Check that every stored refresh token can be decrypted."""
    for seller in sellers:
        if seller.amazon_seller_id == env_seller:
            continue
        try:
            token = book.refresh_token(seller.id)
        except Exception as error:  # noqa: BLE001  a wrong key has several errors, and each seller is checked
            yield Finding(
                "token", FAIL, str(error), "set the XPERT_ENCRYPTION_KEY it was encrypted with", seller.amazon_seller_id
            )
            continue
        if token is None:
            advice = f"store it with `xpert sellers add {seller.amazon_seller_id} --marketplace …`"
            yield Finding("token", FAIL, "no refresh token is stored", advice, seller.amazon_seller_id)


def _version(connection: Connection) -> Finding:
    row = connection.execute(
        "select current_setting('server_version_num')::int, current_setting('server_version')"
    ).fetchone()
    assert row is not None
    number, name = row
    if number < OLDEST_SERVER:
        return Finding("server version", FAIL, f"PostgreSQL {name}", "PostgreSQL 15 or newer is needed")
    return Finding("server version", OK, f"PostgreSQL {name}")


def _problems(check: str, problems: Iterable[str], state: State, good: str) -> Iterator[Finding]:
    """One finding per problem, whose text names after a colon what to do; one good finding if there is none."""
    problems = list(problems)
    for problem in problems:
        detail, _, advice = problem.partition(": ")
        yield Finding(check, state, detail, advice)
    if not problems:
        yield Finding(check, OK, good)


def _support_tables(connection: Connection) -> Iterator[str]:
    rows = connection.execute(
        "select name from unnest(%s::text[]) as wanted (name) "
        "where to_regclass('public.' || quote_ident(name)) is null",
        (list(SUPPORT_TABLES),),
    ).fetchall()
    for (name,) in rows:
        yield f"table {name} is missing: run `xpert db migrate`"


def _migrations(dsn: str) -> Finding:
    names = pending(dsn)
    if names:
        return Finding("migrations", FAIL, f"pending: {', '.join(names)}", "run `xpert db migrate`")
    return Finding("migrations", OK, "none pending")
