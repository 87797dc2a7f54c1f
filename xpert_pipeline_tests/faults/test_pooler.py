"""A transaction pooler in DATABASE_URL suits the pipeline, but not Dagster's storage.

Without DAGSTER_DATABASE_URL, doctor found nothing wrong, and sync died with 200 lines of traceback: doctor must open
what a sync opens, in the same way.
"""

import pytest

from xpert_pipeline_tests.faults.test_commands import RECENT
from xpert_pipeline_tests.postgres.pgbouncer import NEEDED, pgbouncer

pytestmark = NEEDED
PASSWORD = "can-ary-pass"
COMMANDS = [["sync", "--select", "products", *RECENT], ["doctor"], ["status"], ["plan", *RECENT]]


@pytest.fixture(params=["", "options"], ids=["refuses settings", "ignores settings"])
def pooler(request, embedded_server, pipeline_dsn):
    """Poolers differ in what they do with a setting in the start of a connection: they refuse or ignore it."""
    with pgbouncer(embedded_server, pipeline_dsn, password=PASSWORD, ignored=request.param) as address:
        yield address


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_a_pooler_without_a_session_connection_is_one_line_with_what_to_do(xpert, amazon, pooler, command):
    done = xpert(*command, **amazon(DATABASE_URL=pooler))
    assert done.exit_code == 3
    said = " ".join(done.stderr.split())
    assert "DATABASE_URL leads to a transaction pooler at 127.0.0.1:" in said
    assert "Dagster's storage needs a direct or session connection: also set DAGSTER_DATABASE_URL" in said
    assert "Traceback" not in said
    assert len(said) < 500
    assert "ary" not in done.output


def test_a_pooler_in_the_address_of_dagsters_storage_is_named(xpert, amazon, pooler, pipeline_dsn):
    done = xpert("doctor", **amazon(DAGSTER_DATABASE_URL=pooler))
    assert done.exit_code == 3
    assert "DAGSTER_DATABASE_URL leads to a transaction pooler" in " ".join(done.stderr.split())


def test_a_pooler_with_a_session_connection_for_dagster_works(xpert, amazon, pooler, pipeline_dsn):
    environ = amazon(DATABASE_URL=pooler, DAGSTER_DATABASE_URL=pipeline_dsn)
    findings = {finding["check"]: finding["state"] for finding in xpert("doctor", "--json", **environ).json["findings"]}
    assert (findings["database"], findings["Dagster's storage"]) == ("ok", "ok")
    done = xpert("sync", "--json", *COMMANDS[0][1:], **environ)
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("command", [["sync"], ["doctor"], ["db", "migrate"], ["db", "status"], ["sellers", "list"]])
def test_a_wrong_password_is_told_as_one(xpert, amazon, pooler, pipeline_dsn, command):
    """pgbouncer says "SASL authentication failed"; the advice was to check that the database runs."""
    done = xpert(*command, **amazon(DATABASE_URL=pooler.replace(PASSWORD, "wrong"), DAGSTER_DATABASE_URL=pipeline_dsn))
    assert done.exit_code == 3
    said = " ".join(done.stderr.split())
    assert "check user and password of the address" in said
    assert "SASL authentication failed" in said
    assert "check that it runs" not in said


def test_a_session_connection_with_a_wrong_password_is_told_as_one(xpert, amazon, pooler):
    done = xpert("doctor", **amazon(DAGSTER_DATABASE_URL=pooler.replace(PASSWORD, "wrong")))
    assert done.exit_code == 3
    assert "check user and password of the address" in " ".join(done.stderr.split())
