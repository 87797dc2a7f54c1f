"""Preconditions of the database: reachable, new enough, migrated, and the role neither too strong nor too weak."""

from collections.abc import Iterator

from psycopg import Connection
from psycopg_pool import ConnectionPool

from xpert_pipeline.cli.findings import FAIL, OK, WARN, Finding
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.migrations import pending
from xpert_pipeline.postgres.pool import operator
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.tables.registry import TABLES

OLDEST_SERVER = 150_000
SUPPORT_TABLES = ("sellers", "loads", "rejected_records", "seller_leases", "api_quota", "quota_waiters", "dirty_keys")


def check_database(pool: ConnectionPool) -> Iterator[Finding]:
    """Look at the database as the pipeline's role sees it."""
    try:
        with operator(pool) as connection:
            yield Finding("database", OK, "it answers")
            yield _version(connection)
            yield _role(connection)
            yield from _tables(connection)
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


def _role(connection: Connection) -> Finding:
    row = connection.execute(
        "select current_user, rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    name, too_strong = row or ("?", False)
    if too_strong:
        return Finding(
            "role",
            WARN,
            f"{name} bypasses row level security",
            "connect as xpert_pipeline: give it a password (`alter role xpert_pipeline login password …`) and put it "
            "into DATABASE_URL",
        )
    return Finding("role", OK, f"{name}, held by row level security")


def _tables(connection: Connection) -> Iterator[Finding]:
    names = [*(table.name for table in TABLES), *SUPPORT_TABLES, "fact_stream"]
    rows = connection.execute(
        "select name, to_regclass('public.' || quote_ident(name)) is not null, "
        "coalesce(has_table_privilege(to_regclass('public.' || quote_ident(name)), 'select'), false) "
        "from unnest(%s::text[]) as wanted (name)",
        (names,),
    ).fetchall()
    missing = [name for name, exists, _ in rows if not exists]
    denied = [name for name, exists, granted in rows if exists and not granted]
    if missing:
        advice = "`xpert db migrate`; a table dropped by hand comes back by running its file in sql/migrations again"
        yield Finding("tables", FAIL, f"missing: {', '.join(missing)}", advice)
    if denied:
        yield Finding("grants", FAIL, f"the role may not read {', '.join(denied)}", "connect as xpert_pipeline")
    if not missing and not denied:
        yield Finding("tables", OK, f"all {len(names)} are there and granted")


def _migrations(dsn: str) -> Finding:
    names = pending(dsn)
    if names:
        return Finding("migrations", FAIL, f"pending: {', '.join(names)}", "run `xpert db migrate`")
    return Finding("migrations", OK, "none pending")
