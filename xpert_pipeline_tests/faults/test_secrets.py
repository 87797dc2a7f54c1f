"""No secret reaches output, files, Dagster's storage, the tables or the list of processes, whatever fails.

An unencoded `@` or `/` in the password of DATABASE_URL printed a part of it: libpq took it for a host or a port.
"""

import base64
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from xpert_pipeline.cli.main import main
from xpert_pipeline_tests.cli.db.conftest import environment
from xpert_pipeline_tests.commands import commands_of
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.faults.test_commands import OPENING, RECENT, SELLER
from xpert_pipeline_tests.postgres.test_address import UNENCODED

pytestmark = pytest.mark.long
XPERT = Path(sys.executable).with_name("xpert")
PASSWORD = "can@ary/pass#word"
SECRETS = {
    "password": PASSWORD,
    "encoded password": quote(PASSWORD, safe=""),
    "part of the password": "pass#word",
    "refresh token": "Atzr|",
    "access token": "Atza|",
    "client secret": "canary-client-secret",
    "encryption key": base64.b64encode(KEY).decode(),
    "signature": "X-Amz-Signature",
}


def with_password(dsn):
    return dsn.replace("xpert_pipeline@", f"xpert_pipeline:{quote(PASSWORD, safe='')}@")


def told(text):
    """The kinds of secrets in a text."""
    return [kind for kind, secret in SECRETS.items() if secret in text]


def texts_of_files(folder):
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "encryption.key":
            yield str(path), path.read_bytes().decode("utf-8", "replace")


def texts_of_tables(admin):
    tables = admin.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'dagster')"
    ).fetchall()
    assert len(tables) > 30
    for (table,) in tables:
        for (row,) in admin.execute(f"select t::text from {table} as t"):
            yield table, row


@pytest.mark.parametrize("dsn", UNENCODED)
@pytest.mark.parametrize(("variable", "command"), OPENING)
def test_an_unencoded_password_is_shown_by_no_command(xpert, pipeline_dsn, dsn, variable, command):
    done = xpert(*command, **SELLER, **{"DATABASE_URL": pipeline_dsn, variable: dsn})
    assert done.exit_code == 3
    assert variable in done.stderr
    assert "percent-encode" in done.stderr
    assert "ary" not in done.output.replace("summary", "")


def every_command(group=main, words=()):
    """Every command of the command line that needs no argument, and none that waits for people or starts a server."""
    waiting = {("up",), ("sandbox",), ("sellers", "authorize"), ("db", "shell"), ("db", "reset"), ("db", "start")}
    for name, command in sorted(commands_of(group).items()):
        path = (*words, name)
        if hasattr(command, "commands"):
            yield from every_command(command, path)
        elif path not in waiting and not any(parameter.required for parameter in command.params):
            yield path


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
@pytest.mark.parametrize(
    "broken",
    [
        "postgresql://shop:can%40ary%2Fpass%23word@127.0.0.1:1/shop",
        "postgresql://shop:can%40ary%2Fpass%23word@no-such-host.invalid/shop",
        "postgresql://shop:can%40ary%2Fpass%23word@/shop?host=/nowhere",
    ],
    ids=["refused", "no host", "no socket"],
)
def test_a_database_that_cannot_be_reached_gives_no_secret_away(xpert, command, broken):
    environ = {**SELLER, "AMAZON_CLIENT_SECRET": SECRETS["client secret"], "DATABASE_URL": broken}
    done = xpert(*command, **environ, XPERT_ENCRYPTION_KEY=SECRETS["encryption key"])
    assert done.exit_code in (0, 2, 3)
    assert told(done.output) == []


def test_a_sync_and_its_failures_leave_no_secret_anywhere(xpert, amazon, admin, pipeline_dsn, tmp_path):
    environ = amazon(DATABASE_URL=with_password(pipeline_dsn), AMAZON_CLIENT_SECRET=SECRETS["client secret"])
    seller = environ["AMAZON_SELLER_ID"]
    said = [xpert("sync", *RECENT, **environ)]
    said += [xpert(*command, **environ) for command in (["doctor"], ["status"], ["plan", *RECENT], ["sellers", "list"])]
    assert [done.exit_code for done in said] == [0, 0, 0, 0, 0], [done.stderr for done in said]
    admin.execute("alter table orders drop column service_level")
    said.append(xpert("sync", "--select", "orders", "--refetch", *RECENT, **environ))
    for fault in ("lwa-invalid-client", "lwa-invalid-grant"):
        amazon.fault(fault, seller)
        said.append(xpert("sync", *RECENT, **environ))
        said.append(xpert("doctor", **environ))
    assert all(done.exit_code in (1, 3) for done in said[5:])
    assert [told(done.output) for done in said] == [[] for _ in said]
    assert {place: told(text) for place, text in texts_of_files(tmp_path) if told(text)} == {}
    assert {place: told(text) for place, text in texts_of_tables(admin) if told(text)} == {}


@pytest.mark.timeout(240)
def test_no_process_has_a_secret_among_its_arguments(pipeline_dsn, amazon, tmp_path):
    """Every user of a machine can read the arguments of every process."""
    (tmp_path / "home").mkdir()
    values = amazon(DATABASE_URL=with_password(pipeline_dsn), AMAZON_CLIENT_SECRET=SECRETS["client secret"])
    command = [XPERT, "up", "--days", "2", "--select", "products", "--port", "0", "--data-dir", str(tmp_path / "home")]
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            command, env=environment(**values), cwd=tmp_path, stdout=out, stderr=subprocess.STDOUT, text=True
        )
    seen = set()
    try:
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline and process.poll() is None:
            for child in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
                try:
                    seen.add(" ".join(child.cmdline()))
                except psutil.NoSuchProcess:
                    continue
            if "newest day" in (tmp_path / "out").read_text():  # the result of the first sync, by the UI's daemon
                break
            time.sleep(0.1)
    finally:
        process.send_signal(2)
        process.wait(60)
    assert len(seen) > 3, (tmp_path / "out").read_text()
    assert any("dagster._daemon" in line for line in seen)
    assert "newest day" in (tmp_path / "out").read_text()
    assert {line: told(line) for line in seen if told(line)} == {}
    assert told((tmp_path / "out").read_text()) == []
