"""What the tests read from an embedded server."""

import psutil
import psycopg


def answer(server, user="pipeline"):
    with psycopg.connect(getattr(server, f"{user}_dsn")) as conn:
        return conn.execute("select current_user, current_database()").fetchone()


def postmaster(server):
    return psutil.Process(int((server.place.cluster / "postmaster.pid").read_text().splitlines()[0]))
