"""Preconditions of the database: reachable, new enough, migrated, and the role neither too strong nor too weak."""

from collections.abc import Iterable, Iterator

from psycopg import Connection
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.findings import FAIL, OK, WARN, Finding, State
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.migrations import pending
from xpert_pipeline.postgres.pool import operator
from xpert_pipeline.postgres.problems import column_problems, guard_problems, key_problems, right_problems
from xpert_pipeline.postgres.sellers import Seller, SellerBook

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
    """Look at the database as the pipeline's role sees it."""
    try:
        with operator(pool) as connection:
            yield Finding("database", OK, "it answers")
            yield _version(connection)
            yield from _problems("role", guard_problems(connection, TABLES), WARN, "held by row level security")
            missing = [*column_problems(connection, TABLES), *_support_tables(connection)]
            yield from _problems("tables", missing, FAIL, f"all {len(TABLES) + len(SUPPORT_TABLES)} are there")
            yield from _problems("keys", key_problems(connection, TABLES), FAIL, "every table has its unique key")
            yield from _problems("rights", right_problems(connection, TABLES), FAIL, "granted")
        yield _migrations(str(pool.conninfo))
    except DatabaseError as error:
        yield Finding("database", FAIL, str(error), "mend the address or the server, then run `xpert doctor` again")


def check_tokens(book: SellerBook, sellers: list[Seller], env_seller: str | None) -> Iterator[Finding]:
    """Can every stored refresh token be decrypted?"""
    for seller in sellers:
        if seller.amazon_seller_id == env_seller:
            continue
        try:
            found = book.refresh_token(seller.id)
        except Exception as error:  # noqa: BLE001  a wrong key shows itself in several ways; none may hide the others
            yield Finding(
                "token", FAIL, str(error), "give the XPERT_ENCRYPTION_KEY it was stored with", seller.amazon_seller_id
            )
            continue
        if found is None:
            advice = f"`xpert sellers add {seller.amazon_seller_id} --marketplace …` asks for it"
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


def _problems(check: str, found: Iterable[str], state: State, good: str) -> Iterator[Finding]:
    """One finding per problem; a problem says itself what to do after its colon. None is one good finding."""
    problems = list(found)
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
