"""Addresses of databases: an unencoded password is refused before a part of it can be shown."""

import traceback

import psycopg
import pytest

from xpert_pipeline.postgres.address import advice, check_address
from xpert_pipeline.postgres.errors import DatabaseAddressMalformed
from xpert_pipeline.postgres.migrations import pending
from xpert_pipeline.postgres.pool import open_pool

UNENCODED = [
    "postgresql://shop:can@ary@db/shop",
    "postgresql://shop:can/ary@db/shop",
    "postgresql://shop:12/ary@db/shop",
    "postgresql://shop:can@ary/canary@db/shop",
    "postgresql://shop:can/ary@canary@db/shop",
    "postgresql://shop:can?a@ary@db/shop",
    "postgresql://shop:can@ary?c@db/shop",
    "postgresql://shop:1/canary?s@db/shop",
    "postgresql://shop:1/canary?s=1@db/shop",
    "postgres://shop:can@ary@db:5432/shop?sslmode=require",
    "postgresql://shop:can%ary@db/shop",
    "postgresql://shop:canary@db:5432:1/shop",
    "postgresql://shop:canary@the db/shop",
    "host=db port=canary",
    "host=db password=can ary",
]
"""Addresses of which libpq shows a part of the password, or refuses it with a message that repeats it."""


@pytest.mark.parametrize("dsn", UNENCODED)
def test_an_address_with_an_unencoded_password_is_refused_and_not_shown(dsn):
    """`@` and `/` in the password made libpq look for a host `ss@db` or a port `pa`, and its message named them."""
    for use in (check_address, open_pool, pending):
        with pytest.raises(DatabaseAddressMalformed, match="percent-encode special characters") as caught:
            use(dsn)
        shown = str(caught.value) + "".join(str(error) for error in (caught.value.__cause__, caught.value.__context__))
        assert "ary" not in shown.replace("parsed", "")
        assert "12" not in shown


def test_libpq_would_show_a_part_of_such_a_password():
    with pytest.raises(psycopg.OperationalError, match="ary@db") as caught:
        psycopg.connect("postgresql://shop:can@ary@db/shop", connect_timeout=2)
    assert "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("dsn", "host", "password"),
    [
        ("postgresql://u@/db?host=/tmp/x&port=5432", "/tmp/x", None),
        ("postgresql:///db?host=/tmp&user=a@b", "/tmp", None),
        ("postgresql://u:p%40s%2Fs@h:5432/db?sslmode=require", "h", "p@s/s"),
        ("postgresql://u:p@h1:1,h2:2/db", "h1,h2", "p"),
        ("postgresql://u:a?b@h/db", "h", "a?b"),
        ("postgresql://u:p:q#r@h/db", "h", "p:q#r"),
        ("postgresql://shop.project:pw@eu-1.pooler.example.com:6543/postgres", "eu-1.pooler.example.com", "pw"),
        ("postgresql://u:p@[::1]:5432/db", "::1", "p"),
        ("postgresql://u:p@h/db?application_name=a@b", "h", "p"),
        ("host=h password='p@ss w/' dbname=x", "h", "p@ss w/"),
        ("postgresql://h/db", "h", None),
    ],
)
def test_every_address_that_libpq_understands_is_accepted(dsn, host, password):
    parsed = check_address(dsn)
    assert (parsed.get("host"), parsed.get("password")) == (host, password)


@pytest.mark.parametrize(
    ("reason", "what_to_do"),
    [
        ("FATAL: SASL authentication failed", "check user and password"),
        ('FATAL: password authentication failed for user "shop"', "check user and password"),
        ("FATAL: Tenant or user not found", "check user and password"),
        ("FATAL: no such database: shop", "check the database name"),
        ('could not translate host name "db" to address: Name or service not known', "check the host name"),
        ("FATAL: unsupported startup parameter in options: search_path", "a direct or session connection"),
        ("FATAL: server login has been failing, try again later (server_login_retry)", "cannot log in to its server"),
        ('no pg_hba.conf entry for host "10.0.0.1", user "shop", database "shop", no encryption', "check sslmode"),
        ("FATAL: MaxClientsInSessionMode: max clients reached", "all its connections are in use"),
        ("FATAL: the database system is starting up", "try again in a minute"),
        ("Connection refused Is the server running on that host", "check that it runs"),
    ],
)
def test_each_reason_of_a_refusal_has_its_own_advice(reason, what_to_do):
    """A pooler's "SASL authentication failed" means a wrong password; the advice was to check that the server runs."""
    assert what_to_do in advice(reason)
