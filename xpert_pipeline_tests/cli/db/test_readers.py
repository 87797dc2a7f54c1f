"""BI tools read the embedded database over TCP, with logins that see only their sellers.

The embedded server had no TCP port, so no BI tool could connect.
"""

import socket
import subprocess

import psycopg
import pytest

from xpert_pipeline.cli.services import free_port
from xpert_pipeline.postgres.embedded import find_embedded
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.purge import purge_seller
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline_tests.cli.db.conftest import Command, environment
from xpert_pipeline_tests.postgres.rows import item, order, orders_and_items, run_load

pytestmark = pytest.mark.timeout(240)
NAMES = {"A1BOOKS": "Books", "A2TOYS": "Toys"}
COUNTS = "select n.name, count(*) from orders join seller_names as n using (seller_id) group by 1 order by 1"


@pytest.fixture(scope="module")
def bi(db):
    """The first `xpert db expose`: where the database listens, and the login that it made."""
    return db.json("expose", "--port", str(free_port()))


@pytest.fixture(scope="module")
def shops(db, bi):
    """Two sellers; the first has one order, the second two."""
    with open_pool(find_embedded(db.home).pipeline_dsn) as pool:
        book = SellerBook(pool)
        for number, (amazon_id, name) in enumerate(NAMES.items(), start=1):
            seller = book.add(
                amazon_id, name=name, region="eu", marketplace_ids=["A21TJRUUN4KGV"], timezone="Asia/Kolkata"
            )
            ids = [str(place) for place in range(number)]
            run_load(pool, seller, orders_and_items([order(name) for name in ids], [item(name) for name in ids]))
    return tuple(NAMES)


@pytest.fixture
def ask(db, bi):
    """Runs a statement in psql over TCP, as a person or a tool would."""
    psql = find_embedded(db.home).place.programs / "psql"

    def run(user, password, statement):
        done = subprocess.run(
            [psql, f"host={bi['host']} port={bi['port']} dbname={bi['database']} user={user}", "-Atwc", statement],
            env=environment(PGPASSWORD=password or ""),
            capture_output=True,
            text=True,
        )
        return done.stdout.splitlines() if done.returncode == 0 else done.stderr

    return run


@pytest.fixture
def reader(db, shops):
    """Makes readers, and revokes them at the end."""
    made = []

    def make(name, *options):
        made.append(name)
        return db.json("grant-reader", name, *options)

    yield make
    for name in made:
        db("revoke-reader", name)


def test_the_reader_of_the_exposed_database_sees_all_sellers_with_their_names(ask, bi, shops):
    assert (bi["user"], bi["host"]) == ("bi", "127.0.0.1")
    assert ask(bi["user"], bi["password"], COUNTS) == ["Books|1", "Toys|2"]


def test_exposing_again_changes_nothing_and_shows_no_password(db, bi):
    again = db.json("expose")
    assert again == {name: bi[name] for name in ("host", "port", "database")}
    assert bi["password"] not in db("expose").stdout
    assert db.json("status")["port"] == bi["port"]


@pytest.mark.parametrize("user", ["postgres", "xpert_pipeline", "xpert_viewer", "nobody"])
def test_no_other_role_can_log_in_over_tcp(ask, bi, user):
    for password in ("", "postgres", bi["password"]):
        answer = ask(user, password, "select 1")
        assert "pg_hba.conf rejects" in answer or "no password supplied" in answer or "authentication failed" in answer


def test_a_wrong_or_missing_password_is_refused(ask, bi):
    assert "password authentication failed" in ask("bi", "wrong", "select 1")
    assert "no password supplied" in ask("bi", None, "select 1")


@pytest.mark.parametrize(
    "statement",
    [
        "delete from orders",
        "update sellers set name = 'x'",
        "insert into viewer_sellers (role_name) values ('metabase')",
        "create table mine ()",
        "select setval('dirty_keys_id_seq', 1)",
        "select refresh_token_encrypted from sellers",
        "select * from dirty_keys",
        "select * from dagster.runs",
        "set role xpert_pipeline; select 1",
    ],
)
def test_a_reader_writes_nothing_and_sees_no_token(ask, reader, statement):
    login = reader("metabase")
    for before in ("", "set default_transaction_read_only = off; "):
        answer = ask("metabase", login["password"], before + statement)
        assert "permission denied" in answer or "read-only transaction" in answer or "does not exist" in answer


def test_a_reader_of_one_seller_sees_only_its_rows_and_cannot_choose_another(ask, reader, db):
    login = reader("toys", "--seller", "A2TOYS")
    assert login["sellers"] == ["A2TOYS"]
    assert ask("toys", login["password"], COUNTS) == ["Toys|2"]
    assert ask("toys", login["password"], "select name from seller_names") == ["Toys"]
    for setting in ("app.seller_id", "request.jwt.claims"):
        with psycopg.connect(find_embedded(db.home).admin_dsn) as conn:
            (books,) = conn.execute("select id from sellers where amazon_seller_id = 'A1BOOKS'").fetchone()
        value = f'{{"seller_id": "{books}"}}' if "jwt" in setting else str(books)
        statement = f"select set_config('{setting}', '{value}', false); {COUNTS}"
        assert ask("toys", login["password"], statement)[1:] == ["Toys|2"]


def test_granting_again_changes_the_sellers_and_keeps_the_password(ask, reader, db):
    login = reader("grafana", "--seller", "A2TOYS")
    assert reader("grafana", "--seller", "A1BOOKS", "--seller", "A2TOYS")["password"] is None
    assert ask("grafana", login["password"], COUNTS) == ["Books|1", "Toys|2"]
    assert {"name": "grafana", "sellers": ["A1BOOKS", "A2TOYS"]} in db.json("readers")["readers"]
    assert reader("grafana")["sellers"] is None
    assert {"name": "grafana", "sellers": None} in db.json("readers")["readers"]
    newer = reader("grafana", "--new-password")["password"]
    assert newer != login["password"]
    assert "authentication failed" in ask("grafana", login["password"], "select 1")
    assert ask("grafana", newer, "select 1") == ["1"]


def test_a_revoked_reader_is_gone_with_its_open_sessions(ask, reader, db, bi):
    login = reader("excel")
    address = {name: bi[name] for name in ("host", "port")}
    with psycopg.connect(**address, dbname=bi["database"], user="excel", password=login["password"]) as session:
        assert "excel cannot log in any more" in db("revoke-reader", "excel").stdout
        with pytest.raises(psycopg.OperationalError):
            session.execute("select 1")
    assert "FATAL" in ask("excel", login["password"], "select 1")
    assert "there is no reader excel" in db("revoke-reader", "excel").stdout


def test_a_reader_whose_only_seller_was_purged_reads_no_other(db, ask, bi, reader, shops):
    """It was no longer listed, so `xpert db expose` took its login `bi` for a new one and gave it all sellers."""
    server = find_embedded(db.home)
    with open_pool(server.pipeline_dsn) as pool:
        gone = SellerBook(pool).add(
            "A3GONE", name="Gone", region="eu", marketplace_ids=["A21TJRUUN4KGV"], timezone="Asia/Kolkata"
        )
        login = reader("partner", "--seller", "A3GONE")
        purge_seller(pool, gone.id)
    assert {"name": "partner", "sellers": []} in db.json("readers")["readers"]
    assert "partner: no seller" in db("readers").stdout
    db("revoke-reader", "bi")
    assert "user" not in db.json("expose"), "there is a reader, so none is made"
    assert ask("partner", login["password"], COUNTS) == []
    bi["password"] = db.json("grant-reader", "bi")["password"]


def test_a_reader_cannot_prevent_that_it_is_revoked(db, ask, reader):
    """A reader that had made a large object could not be revoked: its role owned something."""
    login = reader("hoarder")
    made = "set transaction_read_only = off; select lo_create(0) > 0"
    assert ask("hoarder", login["password"], made)[-1] == "t"
    assert "hoarder cannot log in any more" in db("revoke-reader", "hoarder").stdout
    assert "FATAL" in ask("hoarder", login["password"], "select 1")


def test_the_creator_of_the_group_is_no_reader(db, bi):
    """From PostgreSQL 16 on, it is a member of the group, too: the owner of a hosted database became read-only."""
    with psycopg.connect(find_embedded(db.home).admin_dsn, autocommit=True) as conn:
        conn.execute("create role hosted_owner login createrole")
        conn.execute("grant xpert_viewer to hosted_owner with admin option, inherit false, set false")
        try:
            assert "was not made by" in " ".join(db("grant-reader", "hosted_owner", check=False).stderr.split())
            assert "hosted_owner" not in db("readers").stdout
        finally:
            conn.execute("drop role hosted_owner")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["grant-reader", "public"], 2, "'public' cannot be the name of a reader: use lower-case"),
        (["grant-reader", "postgres"], 3, "the role postgres exists and was not made by `xpert db grant-reader`"),
        (["grant-reader", "xpert_pipeline"], 3, "the role xpert_pipeline exists and was not made by"),
        (["revoke-reader", "xpert_pipeline"], 3, "the role xpert_pipeline exists and was not made by"),
        (["grant-reader", "Power BI"], 2, "'Power BI' is not a name of a reader: use lower-case letters"),
        (["grant-reader", "x", "--seller", "A0NOBODY"], 3, "seller A0NOBODY is not known: see `xpert sellers list`"),
    ],
)
def test_what_cannot_be_granted_or_revoked_is_refused_and_changes_nothing(db, shops, words, code, message):
    before = db.json("readers")
    done = db(*words, check=False)
    assert done.exit_code == code
    assert message in " ".join(done.stderr.split())
    assert db.json("readers") == before


def test_a_restart_is_refused_while_programs_are_connected_and_the_socket_stays(db, bi, shops):
    server = find_embedded(db.home)
    other = free_port()
    with psycopg.connect(server.admin_dsn, application_name="xpert up") as session:
        done = db("expose", "--port", str(other), check=False)
        assert done.exit_code == 3
        assert "programs are connected to it: xpert up" in " ".join(done.stderr.split())
        assert session.execute("select 1").fetchone() == (1,)
    assert db.json("status")["port"] == bi["port"]
    assert find_embedded(db.home).admin_dsn == server.admin_dsn, "addresses that programs keep stay valid"


def test_a_port_that_another_program_has_does_not_keep_the_database_from_starting(db, bi, shops, caplog):
    """The port is remembered; another program may have it when the database starts again."""
    db("stop")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", bi["port"]))
        taken.listen()
        done = db("status", check=False)
        assert "not running" in done.stdout
        db("start")
        assert f"another program uses port {bi['port']}" in caplog.text
        assert db.json("status")["port"] is None
        assert "in use by another program" in db("expose", "--port", str(bi["port"]), check=False).stderr
    assert db.json("expose", "--port", str(bi["port"]))["port"] == bi["port"]


def test_the_port_is_closed_again_and_readers_keep_their_passwords(db, bi, ask, shops):
    assert "the port is closed" in db("expose", "--off").stdout
    assert db.json("status")["port"] is None
    assert "Connection refused" in ask("bi", bi["password"], "select 1")
    assert db.json("expose", "--port", str(bi["port"])) == {name: bi[name] for name in ("host", "port", "database")}
    assert ask("bi", bi["password"], COUNTS) == ["Books|1", "Toys|2"]


@pytest.mark.parametrize("words", [["readers"], ["grant-reader", "x"], ["revoke-reader", "x"], ["expose", "--off"]])
def test_a_mistyped_data_directory_is_named_and_not_created(tmp_path, words):
    done = Command(tmp_path / "typo")(*words, check=False)
    assert done.exit_code == 3
    assert "typo" in done.stderr
    assert not (tmp_path / "typo").exists()
