"""A real pgbouncer in transaction mode, in front of a database of the embedded server."""

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import psycopg
import pytest

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
NEEDED = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed (apt-get install pgbouncer)")


@contextmanager
def pgbouncer(server, dsn, *, size=2, password=None, ignored=""):
    """Start one and give its address.

    Args:
        server: The embedded server.
        dsn: The database behind it, with the user that it logs in as.
        size: Its number of server connections.
        password: What a client must know; None: anything will do.
        ignored: Startup parameters of clients that it ignores instead of refusing them.
    """
    parsed = psycopg.conninfo.conninfo_to_dict(dsn)
    user = parsed["user"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    account = server.place.account
    as_user = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    folder = server.data_dir.parent
    settings, users = folder / f"pgbouncer-{port}.ini", folder / f"pgbouncer-{port}.txt"
    users.write_text(f'"{user}" "{password or ""}"\n')
    admission = f"auth_type = scram-sha-256\nauth_file = {users}\n" if password else "auth_type = any\n"
    settings.write_text(
        f"[databases]\nxpert = host={parsed['host']} port=5432 dbname={parsed['dbname']} user={user}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n{admission}"
        f"pool_mode = transaction\ndefault_pool_size = {size}\nmax_client_conn = 100\n"
        f"ignore_startup_parameters = {ignored}\n"
    )
    process = subprocess.Popen([PGBOUNCER, str(settings)], stderr=subprocess.DEVNULL, **as_user)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"postgresql://{user}:{password or 'any'}@127.0.0.1:{port}/xpert"
    finally:
        process.terminate()
        process.wait()
        settings.unlink()
        users.unlink()
