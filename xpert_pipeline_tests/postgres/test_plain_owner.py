"""The owner of the tables is an ordinary role: no superuser, and under row level security like everybody (RDS)."""

import psycopg
import pytest

from xpert_pipeline.postgres.dumps import count_sellers
from xpert_pipeline.postgres.embedded import start_embedded
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.postgres.viewers import RoleTaken, grant_viewer, revoke_viewer, viewers

ADD = (
    "insert into sellers (amazon_seller_id, name, region, marketplace_ids, timezone)"
    " values ('A1', 'Books', 'eu', '{A21TJRUUN4KGV}', 'Asia/Kolkata')"
)


@pytest.fixture
def server(data_dir):
    """A server of its own, because roles belong to a server."""
    running = start_embedded(data_dir)
    with psycopg.connect(running.admin_dsn, autocommit=True) as conn:
        conn.execute("create role plain login createrole")
        conn.execute("create database plain owner plain")
    return running


def test_the_owner_counts_hidden_sellers_and_revokes_readers_that_are_connected(server):
    """`db restore` saw no seller and replaced a full database without --replace; PostgreSQL 16 makes whoever creates a
    role a member of it, so the owner passed for a reader, and could not end the sessions of one."""
    owner = server.dsn("plain", "plain")
    migrate(owner)
    with psycopg.connect(server.dsn("postgres", "plain"), autocommit=True) as admin:
        admin.execute(ADD)
    assert count_sellers(owner) == 1
    with psycopg.connect(owner) as conn:
        assert conn.execute("select count(*) from sellers").fetchone() == (0,), "row level security is in force again"

    with pytest.raises(RoleTaken):
        grant_viewer(owner, "plain")
    assert grant_viewer(owner, "metabase", ["A1"]).password
    with psycopg.connect(server.dsn("metabase", "plain"), autocommit=True) as tool:
        assert tool.execute("select name from seller_names").fetchall() == [("Books",)]
        assert revoke_viewer(owner, "metabase")
        with pytest.raises(psycopg.OperationalError):
            tool.execute("select 1")
    assert viewers(owner) == []
