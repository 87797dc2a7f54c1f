"""Opens psql on the database, and prints its address."""

import os
import shutil
import subprocess
from uuid import UUID

import click
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from xpert_pipeline.cli.db.address import owner_dsn
from xpert_pipeline.cli.environment import read_settings, require_data_directory
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import SELLER_ID, data_dir_option
from xpert_pipeline.postgres.address import check_address, connect
from xpert_pipeline.postgres.client_programs import SHOWN_SECRETS
from xpert_pipeline.postgres.embedded import start_embedded
from xpert_pipeline.postgres.errors import explained
from xpert_pipeline.postgres.viewers import GROUP


@click.command()
@click.option("--with-password", is_flag=True, help="Include the password of DATABASE_URL.")
@data_dir_option
def url(data_dir: str | None, *, with_password: bool) -> None:
    """Print the database's DSN on one line, without its password.

    It starts the embedded server, which has no password, if that is not running.
    """
    require_data_directory(data_dir)
    dsn = owner_dsn(data_dir)
    parts = check_address(dsn)
    secrets = {"password", *SHOWN_SECRETS}
    if secrets & parts.keys() and not with_password:
        dsn = make_conninfo(**{name: str(value) for name, value in parts.items() if name not in secrets})
    click.echo(dsn)


@click.command()
@click.option(
    "--seller", "amazon_id", type=SELLER_ID, metavar="ID", help="Show only the rows of this Amazon seller id."
)
@data_dir_option
def shell(data_dir: str | None, amazon_id: str | None) -> None:
    """Open psql on the database.

    The embedded database shows the rows of all sellers, or of --seller. On DATABASE_URL the pipeline's role sees one
    seller at a time: the only one, or --seller.
    """
    require_data_directory(data_dir)
    settings = read_settings()
    if settings.dagster_database_url:  # a direct connection; DATABASE_URL may be a transaction pooler
        psql, dsn = shutil.which("psql"), settings.dagster_database_url.get_secret_value()
        if psql is None:
            raise PreconditionError("psql is not installed: install PostgreSQL's client")
    else:
        server = start_embedded(Home(data_directory(data_dir)).path)
        psql = os.fspath(server.place.programs / "psql")
        dsn = server.pipeline_dsn if amazon_id else server.admin_dsn
    parts = {name: str(value) for name, value in check_address(dsn).items() if value is not None}
    if shown := [name for name in SHOWN_SECRETS if name in parts]:
        raise PreconditionError(f"psql would show {' and '.join(shown)} to other users: connect with psql itself")
    if tenant := _tenant(dsn, amazon_id):
        parts["options"] = f"{parts.get('options', '')} -c app.seller_id={tenant}".strip()
        connect(make_conninfo(**parts)).close()  # a pooler that refuses the setting is explained
    password = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    env = {**os.environ, **password}
    raise SystemExit(subprocess.run([psql, make_conninfo(**parts)], env=env, check=False).returncode)  # noqa: S603


def _tenant(dsn: str, amazon_id: str | None) -> UUID | None:
    """Return the seller whose rows the session shall see; None if its role sees several sellers by itself.

    Raises:
        PreconditionError: The seller is not known, must be named, or cannot be singled out with this role.
    """
    with connect(dsn) as conn, explained():
        if not _is_restricted(conn):
            if amazon_id:
                raise PreconditionError(
                    "the role of the address sees all sellers, so --seller cannot restrict it: leave it out and "
                    "filter by seller_id, or use the address of xpert_pipeline"
                )
            return None
        sellers: dict[str, UUID] = dict(
            conn.execute("select amazon_seller_id, id from public.sellers order by amazon_seller_id").fetchall()
        )
    if amazon_id is None and len(sellers) > 1:
        raise PreconditionError(f"the role sees one seller at a time: choose it with --seller ({', '.join(sellers)})")
    if amazon_id is not None and amazon_id not in sellers:
        raise PreconditionError(f"seller {amazon_id} is not known: see `xpert sellers list`")
    chosen = amazon_id or next(iter(sellers), None)
    if chosen is None:
        return None
    click.echo(f"rows of seller {chosen}", err=True)
    return sellers[chosen]


def _is_restricted(conn: Connection) -> bool:
    """Whether this role sees no rows until the transaction names a seller."""
    row = conn.execute(
        "select to_regclass('public.loads') is not null and row_security_active('public.loads')"
        " and not exists (select from pg_roles where rolname = %(group)s and pg_has_role(oid, 'usage'))",
        {"group": GROUP},
    ).fetchone()
    return row is not None and bool(row[0])
