"""Addresses of databases: parses them without showing a password, connects, and explains refused connections."""

import re
from collections.abc import Iterator

import psycopg
from psycopg import Connection, conninfo
from psycopg.rows import TupleRow

from xpert_pipeline.postgres.errors import DatabaseAddressMalformed, DatabaseUnreachable

SCHEMES = ("postgresql://", "postgres://")
HOST = re.compile(r"[@/].*|[\w.:%-]*", re.ASCII)
"""A socket's directory, an abstract socket, or a name or an address of a machine."""
ADVICE = (
    (r"No space left", "free space on its disk"),
    (
        r"password|\brole\b|SASL|authentication failed|Tenant or user not found",
        "check user and password of the address (special characters of the password must be percent-encoded)",
    ),
    (r"database .* does not exist|no such database", "check the database name of the address"),
    (r"resolve|translate|name or service", "check the host name of the address and the network"),
    (r"unsupported startup parameter", "it is a transaction pooler: use a direct or session connection here"),
    (r"server login|server_login_retry|query_wait", "the pooler answers, but cannot log in to its server: see its log"),
    (r"does not support SSL", "it offers no TLS: remove sslmode from the address if the network is trusted"),
    (
        r"no pg_hba.conf entry|SSL|certificate|tls",
        "it does not admit this user from here: check sslmode and pg_hba.conf",
    ),
    (
        r"too many|remaining connection slots|[Mm]ax ?[Cc]lients",
        "all its connections are in use: close some, or raise its limit",
    ),
    (r"starting up|shutting down|recovery", "it is starting or stopping: try again in a minute"),
)
"""What to do, by words in libpq's reason."""
DOWN = "check that it runs (a Supabase project may be paused; the embedded one starts with `xpert db start`)"


def check_address(dsn: str) -> dict[str, str | int | None]:
    """Parse a connection string.

    libpq takes an unencoded `@` or `/` in a password for the end of the login, and its messages then show the rest of
    the password as a host or a port. Such an address is refused here, before anyone connects with it.

    Raises:
        DatabaseAddressMalformed: It cannot be parsed; the message does not repeat it, as it may contain a password.
    """
    try:
        parsed = conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        parsed = {}
    if not parsed or any(_problems(dsn, parsed)):
        msg = (
            "the database's address cannot be parsed (it is not shown, as it may contain a password): write "
            "postgresql://user:password@host:port/database and percent-encode special characters of the password "
            "(@ as %40, / as %2F, : as %3A, % as %25)"
        )
        raise DatabaseAddressMalformed(msg)
    return parsed


def connect(dsn: str, *, autocommit: bool = False) -> Connection[TupleRow]:
    """Open a connection outside the pool.

    Raises:
        DatabaseAddressMalformed: The address cannot be parsed.
        DatabaseUnreachable: The connection was refused; the message says why and what to do.
    """
    check_address(dsn)
    try:
        return psycopg.connect(
            dsn, autocommit=autocommit, connect_timeout=10, prepare_threshold=None, application_name="xpert_migrate"
        )
    except psycopg.OperationalError as error:
        raise unreachable(dsn, error) from None


def unreachable(dsn: str, error: Exception) -> DatabaseUnreachable:
    """Explain a refused connection and what to do; libpq's reason contains host, port and user but no password."""
    reason = " ".join(str(error).split())
    return DatabaseUnreachable(f"no connection to the database at {place_of(dsn)}: {advice(reason)}. Reason: {reason}")


def place_of(dsn: str) -> str:
    """Return host and port of an address, for messages."""
    parsed = check_address(dsn)
    return f"{parsed.get('host', 'localhost')}:{parsed.get('port', 5432)}"


def advice(reason: str) -> str:
    """Say what to do about a refused connection."""
    return next((text for pattern, text in ADVICE if re.search(pattern, reason)), DOWN)


def _problems(dsn: str, parsed: dict[str, str | int | None]) -> Iterator[bool]:
    """Signs that libpq took a part of the password for something else."""
    yield any(not HOST.fullmatch(host) for host in str(parsed.get("host") or "").split(","))
    yield any(port and not _is_port(port) for port in str(parsed.get("port") or "").split(","))
    scheme = next((scheme for scheme in SCHEMES if dsn.strip().startswith(scheme)), None)
    if scheme is None:
        return
    text = dsn.strip().removeprefix(scheme)
    login, at, place = text.partition("@")
    if not at or ("?" in login.partition("/")[0] and "/" not in login):
        place = ""  # no login; an @ may stand in the parameters
    yield "@" in place.partition("?")[0]
    yield bool(at) and "/" in login and "?" not in login


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65_536
