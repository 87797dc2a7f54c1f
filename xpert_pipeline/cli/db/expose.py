"""Opens the embedded Postgres on a TCP port of this machine, for BI tools, and closes it again."""

import json

import click

from xpert_pipeline.cli.db.readers import READS_ALL, address_lines
from xpert_pipeline.cli.environment import read_settings, require_data_directory
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.services import free_port
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres import exposure
from xpert_pipeline.postgres.address import connect
from xpert_pipeline.postgres.embedded import DATABASE, EmbeddedServer, find_embedded, start_embedded
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.postgres.viewers import Granted, grant_viewer, viewers
from xpert_pipeline.sandbox.option_types import Whole

PORT = 5433
READER = "bi"


@click.command()
@click.option(
    "--port", type=Whole(1024, 65535), metavar="PORT", help=f"TCP port (default: {PORT}, or another free one)."
)
@click.option("--off", is_flag=True, help="Close the port again; readers keep their passwords.")
@click.option("--restart", is_flag=True, help="Restart the server although programs are connected to it.")
@data_dir_option
@click.pass_context
def expose(context: click.Context, /, port: int | None, data_dir: str | None, *, off: bool, restart: bool) -> None:
    """Open the embedded Postgres to BI tools on this machine.

    It then listens on 127.0.0.1, keeps running, and lets readers log in with their passwords (`xpert db grant-reader`).
    The first call makes a reader `bi` of all sellers and prints its password once.
    """
    if read_settings().database_url:
        raise PreconditionError(
            "DATABASE_URL is set, so BI tools connect to that server: give them a login with `xpert db grant-reader`"
        )
    if off:
        require_data_directory(data_dir)
    home = Home(data_directory(data_dir))
    server = find_embedded(home.path) or start_embedded(home.path)
    if off:
        _listen(server, None, restart=restart)
        click.echo(json.dumps({"port": None}) if context.obj["json"] else "the port is closed")
        return
    wanted = port or exposure.exposed_port(server.place) or free_port(PORT)
    server = _listen(server, wanted, restart=restart)
    migrate(server.admin_dsn)
    granted = None if viewers(server.admin_dsn) else grant_viewer(server.admin_dsn, READER)
    _show(wanted, granted, as_json=context.obj["json"])


def _listen(server: EmbeddedServer, port: int | None, *, restart: bool) -> EmbeddedServer:
    """Have the server listen on a port, or on none. That needs a restart if it does not yet."""
    place = server.place
    if exposure.port_of_postmaster(place) == port:
        exposure.choose_port(place, port)
        return server
    if port is not None and not exposure.is_free(port):
        raise PreconditionError(f"port {port} is in use by another program: choose another one with --port")
    others = _others(server)
    if others and not restart:
        raise PreconditionError(
            f"the database must restart for this, and programs are connected to it: {', '.join(others)}. Stop them "
            "(such as `xpert up`), or add --restart: open transactions are then rolled back"
        )
    exposure.choose_port(place, port)
    server.stop()
    return start_embedded(server.data_dir)


def _others(server: EmbeddedServer) -> list[str]:
    """Names of the programs that are connected, beside this one."""
    with connect(server.admin_dsn) as conn:
        rows = conn.execute(
            "select distinct coalesce(nullif(application_name, ''), usename) from pg_stat_activity"
            " where backend_type = 'client backend' and pid <> pg_backend_pid() order by 1"
        ).fetchall()
    return [str(name) for (name,) in rows]


def _show(port: int, granted: Granted | None, *, as_json: bool) -> None:
    place: dict[str, str | int] = {"host": exposure.HOST, "port": port, "database": DATABASE}
    if as_json:
        login = {"user": granted.viewer.name, "password": granted.password} if granted else {}
        click.echo(json.dumps({**place, **login}))
        return
    listens = (
        f"The database listens on {exposure.HOST}:{port} and keeps running (`xpert db stop` stops it, "
        "`xpert db expose --off` closes the port)."
    )
    click.echo(fitted(listens))
    if granted is None:
        click.echo("Its readers: `xpert db readers`. A new login: `xpert db grant-reader NAME`.")
        return
    click.echo(f"The reader {granted.viewer.name} reads {READS_ALL}:")
    click.echo("\n".join(address_lines(place, granted)))
