"""Opens the embedded server on a TCP port of this machine, for BI tools.

Over TCP only viewers (`viewers`) may log in, and only with their password; the administrator and the pipeline's role
stay on the private unix socket. The choice is a file beside the cluster's settings; `embedded_cluster` reads it at each
start. PostgreSQL has one port number for TCP and sockets, so a link keeps the socket at its old number, which every
address of the pipeline names.
"""

import logging
import os
import socket
from pathlib import Path

from xpert_pipeline.postgres.embedded_place import Place
from xpert_pipeline.postgres.viewers import GROUP

HOST = "127.0.0.1"
SOCKET_PORT = 5432
ADMISSIONS = f"""\
# Written by `xpert db expose`.
local all all trust
host xpert +{GROUP} 127.0.0.1/32 scram-sha-256
host all all all reject
"""
SETTINGS = """\
listen_addresses = '{host}'
port = {port}
hba_file = '{admissions}'
password_encryption = 'scram-sha-256'
"""

logger = logging.getLogger(__name__)


def exposed_port(place: Place) -> int | None:
    """Return the TCP port that a cluster shall listen on, None if it shall not."""
    try:
        return int(_choice(place).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def choose_port(place: Place, port: int | None) -> None:
    """Have the next start of the server listen on a port; None: on none."""
    if port is None:
        _choice(place).unlink(missing_ok=True)
    else:
        _choice(place).write_text(f"{port}\n", encoding="ascii")


def is_free(port: int) -> bool:
    """Whether a server may listen on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def settings(place: Place) -> str:
    """Return the settings that open the port; nothing if it shall not be open, or if another program has it now."""
    port = exposed_port(place)
    if port is None:
        return ""
    if not is_free(port):
        logger.warning(
            "another program uses port %d, on which the database shall listen (`xpert db expose`): the database starts "
            "without it. Choose another port with `xpert db expose --port`",
            port,
        )
        return ""
    admissions = place.cluster / "exposed_hba.conf"
    admissions.write_text(ADMISSIONS, encoding="ascii")
    if place.account is not None:
        os.chown(admissions, place.account.uid, place.account.gid)
    return SETTINGS.format(host=HOST, port=port, admissions=_quoted(admissions))


def link_socket(place: Place, socket_directory: Path) -> None:
    """Let the socket of a server that will listen on another port also be found under the usual number."""
    port = exposed_port(place)
    link = socket_directory / f".s.PGSQL.{SOCKET_PORT}"
    if port is not None and port != SOCKET_PORT:
        link.unlink(missing_ok=True)
        link.symlink_to(f".s.PGSQL.{port}")


def remove_sockets(socket_directory: Path) -> None:
    """Delete the sockets, their locks and the link of a server that no longer runs."""
    for path in socket_directory.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def port_of_postmaster(place: Place) -> int | None:
    """Return the TCP port on which the running server listens, None if it listens on none."""
    try:
        lines = (place.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return int(lines[3]) if lines[5].strip() else None
    except (OSError, ValueError, IndexError):
        return None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _choice(place: Place) -> Path:
    return place.cluster / "exposed_port"
