"""Viewers: roles of BI tools and people, which log in and read the rows of the sellers that they were given.

`sql/migrations/0026_viewers.sql` has their rights. The functions here need the owner of the database, who may create
roles; `xpert_pipeline` may not.
"""

import re
import secrets
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Literal

from xpert_pipeline.postgres.address import connect
from xpert_pipeline.postgres.errors import DatabaseError, NotPermitted, explained
from xpert_pipeline.postgres.locks import naming_holders
from xpert_pipeline.postgres.sellers import SellerUnknown

GROUP = "xpert_viewer"
LOCK_WAIT = "20s"
"""How long to wait for a lock that another session holds."""
NAME = re.compile(r"(?!pg_|(?:public|none)\Z)[a-z_][a-z0-9_]{0,62}")
SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "10min",
    "idle_in_transaction_session_timeout": "10min",
}
ROLE = """
select oid, exists (
  select from pg_auth_members as m
  where m.member = r.oid and m.roleid = to_regrole(%(group)s) and not m.admin_option
) as is_viewer
from pg_roles as r where rolname = %(name)s
"""
"""Whoever created the group is a member, too, from PostgreSQL 16 on, but with the admin option."""
VIEWERS = """
select r.rolname, array_agg(s.amazon_seller_id order by s.amazon_seller_id) filter (where s.id is not null),
       coalesce(bool_or(v.seller_id is null) filter (where v.role_name is not null), false)
from pg_roles as r
left join viewer_sellers as v on v.role_name = r.rolname
left join sellers as s on s.id = v.seller_id
where exists (
  select from pg_auth_members as m
  where m.member = r.oid and m.roleid = to_regrole(%(group)s) and not m.admin_option
)
group by r.rolname order by r.rolname
"""
"""A viewer whose only seller was purged has no row in `viewer_sellers`, but it can still log in."""


class RoleTaken(DatabaseError):
    """The name belongs to a role that is not a viewer: choose another name."""


@dataclass(frozen=True)
class Viewer:
    """A viewer and the Amazon ids of the sellers that it reads; None: all of them, also those added later."""

    name: str
    sellers: tuple[str, ...] | None


@dataclass(frozen=True)
class Granted:
    """The result of a grant.

    Attributes:
        viewer: The viewer as it is now.
        password: Its new password; None if it keeps the one that it has.
    """

    viewer: Viewer
    password: str | None


def is_name(text: str) -> bool:
    """Whether a text can be the name of a viewer: lower-case letters, digits and underscores."""
    return NAME.fullmatch(text) is not None


def grant_viewer(dsn: str, name: str, amazon_ids: Sequence[str] = (), *, new_password: bool = False) -> Granted:
    """Create a viewer, or change which sellers it reads. Doing the same again changes nothing.

    Args:
        dsn: The database, as its owner.
        name: Name of the role.
        amazon_ids: The sellers that it may read, and no others; none: all sellers.
        new_password: Give a known viewer a new password.

    Raises:
        SellerUnknown: There is no such seller.
        RoleTaken: The role exists and is no viewer.
        NotPermitted: The role of the address may not create roles.
        DatabaseError: The database failed.
    """
    with _owner(dsn) as conn, _all_sellers(conn):
        ids = _seller_ids(conn, amazon_ids)
        known = _is_known(conn, name)
        password = _new_password() if new_password or not known else None
        if not known:
            conn.execute(SQL("create role {} login").format(Identifier(name)))
            conn.execute(SQL("grant {} to {}").format(Identifier(GROUP), Identifier(name)))
        for setting, value in SETTINGS.items():
            conn.execute(SQL("alter role {} set {} = {}").format(Identifier(name), SQL(setting), Literal(value)))
        if password is not None:
            _set_password(conn, name, password)
        _allow_connections(conn, name)
        wanted: list[UUID | None] = [*ids.values()] or [None]
        conn.execute("delete from viewer_sellers where role_name = %s", [name])
        for seller_id in wanted:
            conn.execute("insert into viewer_sellers (role_name, seller_id) values (%s, %s)", [name, seller_id])
    return Granted(Viewer(name, tuple(sorted(ids)) or None), password)


def revoke_viewer(dsn: str, name: str) -> bool:
    """Delete a viewer and end its sessions; return whether there was one.

    Raises:
        RoleTaken: The role is no viewer.
        DatabaseError: The database refused; nothing was changed.
    """
    with _owner(dsn) as conn:
        if is_known := _is_known(conn, name):
            conn.execute(SQL("alter role {} nologin").format(Identifier(name)))
            _join(conn, name)
    with _owner(dsn) as conn:  # its sessions end first: the locks that they hold would stop what follows
        conn.execute("delete from viewer_sellers where role_name = %s", [name])
        if not is_known:
            return False
        conn.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = %s", [name])
        database = Identifier(str(conn.info.dbname))
        conn.execute(SQL("revoke all on database {} from {}").format(database, Identifier(name)))
        conn.execute(SQL("revoke {} from {}").format(Identifier(GROUP), Identifier(name)))
        # what it owns would keep it: anyone may make large objects and temporary tables
        conn.execute(SQL("drop owned by {}").format(Identifier(name)))
        conn.execute(SQL("drop role {}").format(Identifier(name)))
    return True


def viewers(dsn: str) -> list[Viewer]:
    """Return the viewers of a database, by name."""
    with _owner(dsn) as conn, _all_sellers(conn):
        return [Viewer(name, None if all_of_them else tuple(ids or ())) for name, ids, all_of_them in _listed(conn)]


def _listed(conn: Connection[TupleRow]) -> list[TupleRow]:
    return conn.execute(VIEWERS, {"group": GROUP}).fetchall()


@contextmanager
def _owner(dsn: str) -> Iterator[Connection[TupleRow]]:
    """Open a transaction as the owner of the tables; a wait for a lock ends after LOCK_WAIT and names the holders."""
    with explained(), naming_holders(lambda: connect(dsn), readers=True), connect(dsn) as conn:
        conn.execute(
            "select set_config('lock_timeout', %s, true), set_config('search_path', 'public', true)", [LOCK_WAIT]
        )
        owns = conn.execute("select pg_has_role(relowner, 'usage') from pg_class where oid = to_regclass('sellers')")
        row = owns.fetchone()
        if row is not None and not row[0]:
            raise NotPermitted(
                "the role of the address does not own the tables, so it may not give rights on them: use the owner's "
                "address for this command (Supabase: postgres), as for `xpert db migrate`"
            )
        yield conn


@contextmanager
def _all_sellers(conn: Connection[TupleRow]) -> Iterator[None]:
    """Let the owner see all sellers, if row level security hides them from it, too."""
    hidden = conn.execute("select row_security_active('sellers')").fetchone() == (True,)
    if hidden:
        conn.execute("alter table sellers no force row level security")
    yield
    if hidden:
        conn.execute("alter table sellers force row level security")


def _new_password() -> str:
    """Return 190 random bits, of characters that need no quotes anywhere."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


def _seller_ids(conn: Connection[TupleRow], amazon_ids: Sequence[str]) -> dict[str, UUID]:
    """Return the row ids of sellers by their Amazon ids."""
    rows = conn.execute("select amazon_seller_id, id from sellers where amazon_seller_id = any(%s)", [list(amazon_ids)])
    found: dict[str, UUID] = dict(rows.fetchall())
    for amazon_id in amazon_ids:
        if amazon_id not in found:
            raise SellerUnknown(f"seller {amazon_id} is not known: see `xpert sellers list`")
    return found


def _is_known(conn: Connection[TupleRow], name: str) -> bool:
    row = conn.execute(ROLE, {"name": name, "group": GROUP}).fetchone()
    if row is not None and not row[1]:
        raise RoleTaken(f"the role {name} exists and was not made by `xpert db grant-reader`: choose another name")
    return row is not None


def _join(conn: Connection[TupleRow], name: str) -> None:
    """Make this role a member of a viewer: only members may end its sessions and drop what it owns."""
    if conn.execute("select pg_has_role(%s, 'usage')", [name]).fetchone() != (True,):
        conn.execute(SQL("grant {} to current_user").format(Identifier(name)))


def _set_password(conn: Connection[TupleRow], name: str, password: str) -> None:
    """Set a password that reaches the server only as a hash, so that it never appears in its log."""
    hashed = conn.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    conn.execute(SQL("alter role {} password {}").format(Identifier(name), Literal(hashed)))


def _allow_connections(conn: Connection[TupleRow], name: str) -> None:
    database = str(conn.info.dbname)
    if conn.execute("select has_database_privilege(%s, %s, 'connect')", [name, database]).fetchone() != (True,):
        conn.execute(SQL("grant connect on database {} to {}").format(Identifier(database), Identifier(name)))
