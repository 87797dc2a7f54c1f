"""What `xpert` prints and how it exits when something must be corrected before a sync can start."""

import re
import socket
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import dagster as dg
import psycopg
import pytest
from rich.console import Console

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli import up
from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.services import free_port
from xpert_pipeline.postgres.sql_files import migrations_directory
from xpert_pipeline_tests.commands import commands_of
from xpert_pipeline_tests.sandbox.world.exports import write_export

pytestmark = pytest.mark.long
CREDENTIALS = {"AMAZON_CLIENT_ID": "canary-id", "AMAZON_CLIENT_SECRET": "canary-secret"}
SELLER = {
    **CREDENTIALS,
    "AMAZON_REFRESH_TOKEN": "Atzr|canary",
    "AMAZON_SELLER_ID": "A0SHOP",
    "AMAZON_MARKETPLACE_IDS": "A21TJRUUN4KGV",
}

OPENING = [
    ("DATABASE_URL", ["sync"]),
    ("DATABASE_URL", ["doctor"]),
    ("DATABASE_URL", ["db", "migrate"]),
    ("DATABASE_URL", ["sellers", "list"]),
    ("DAGSTER_DATABASE_URL", ["sync"]),
    ("DAGSTER_DATABASE_URL", ["doctor"]),
]
"""Commands that open the database which a variable names."""
TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
RECENT = ("--from", str(TODAY - timedelta(days=1)), "--to", str(TODAY))


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"AMAZON_CLIENT_ID": "canary"}, ["AMAZON_CLIENT_SECRET is missing"]),
        ({"AMAZON_CLIENT_SECRET": "canary"}, ["AMAZON_CLIENT_ID is missing"]),
        (
            {"AMAZON_REFRESH_TOKEN": "Atzr|canary"},
            ["AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET", "AMAZON_SELLER_ID", "AMAZON_MARKETPLACE_IDS"],
        ),
        ({"DATABASE_URL": "postgresql://canary@127.0.0.1/shop"}, ["AMAZON_CLIENT_ID", "--sandbox"]),
        ({"XPERT_TIMEZONE": "canary"}, ["XPERT_TIMEZONE", "Asia/Kolkata"]),
        ({"XPERT_START_DATE": "canary"}, ["XPERT_START_DATE", "YYYY-MM-DD"]),
        ({"XPERT_ENCRYPTION_KEY": "canary"}, ["XPERT_ENCRYPTION_KEY", "32 bytes"]),
        ({"SP_API_ENDPOINT": "ftp://canary"}, ["SP_API_ENDPOINT", "https://"]),
        ({**SELLER, "SP_API_ENDPOINT": "http://canary.example"}, ["SP_API_ENDPOINT"]),
        ({**SELLER, "AMAZON_MARKETPLACE_IDS": "canary"}, ["AMAZON_MARKETPLACE_IDS", "A21TJRUUN4KGV"]),
        ({**SELLER, "AMAZON_MARKETPLACE_IDS": " , "}, ["AMAZON_MARKETPLACE_IDS"]),
    ],
    ids=lambda value: ",".join(value)[-60:],
)
def test_a_missing_or_wrong_variable_is_named_and_its_value_is_not(xpert, environ, names):
    done = xpert("sync", **environ)
    assert done.exit_code == 3
    for name in names:
        assert name in done.stderr
    assert "canary" not in done.output


@pytest.mark.parametrize(("variable", "command"), [*OPENING, ("DATABASE_URL", ["db", "status"])])
def test_a_malformed_address_is_refused_without_its_password(xpert, pipeline_dsn, command, variable):
    addresses = {"DATABASE_URL": pipeline_dsn, variable: "postgresql://shop:canary@pass word@db:5432:1/shop"}
    done = xpert(*command, **SELLER, **addresses)
    assert done.exit_code == 3
    assert "percent-encode special characters of the password" in done.stderr
    assert variable in done.stderr
    assert "canary" not in done.output


@pytest.mark.parametrize(("variable", "command"), OPENING)
def test_a_database_that_is_down_is_named_without_its_password(xpert, pipeline_dsn, command, variable):
    port = free_port()
    addresses = {"DATABASE_URL": pipeline_dsn, variable: f"postgresql://shop:canary@127.0.0.1:{port}/shop"}
    done = xpert(*command, **SELLER, **addresses)
    assert done.exit_code == 3
    assert f"no connection to the database at 127.0.0.1:{port}: check that it runs" in done.stderr
    assert "canary" not in done.output


def test_a_database_without_tables_must_be_migrated_first(xpert, embedded_server):
    with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as admin:
        admin.execute("create database never_migrated")
    try:
        done = xpert("sync", **SELLER, DATABASE_URL=embedded_server.dsn("xpert_pipeline", "never_migrated"))
    finally:
        with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as admin:
            admin.execute("drop database never_migrated with (force)")
    assert done.exit_code == 3
    assert (
        f"the database lacks {len(list(migrations_directory().glob('*.sql')))} migrations (0001_foundation"
        in done.stderr
    )
    assert "run `xpert db migrate` first" in done.stderr


@pytest.mark.parametrize("command", [["sync"], ["up", "--no-ui"], ["doctor"], ["db", "start"], ["sellers", "list"]])
def test_a_data_directory_that_cannot_be_written_is_named(xpert, tmp_path, command):
    (tmp_path / "file").write_text("")
    done = xpert(*command, "--data-dir", str(tmp_path / "file" / "data"))
    assert done.exit_code == 3
    assert f"the data directory {tmp_path}/file/data cannot be written (Not a directory)" in done.stderr
    assert "--data-dir or XPERT_DATA_DIR" in done.stderr


@pytest.mark.parametrize("command", [["sync"], ["backfill"], ["up", "--no-ui"]])
@pytest.mark.parametrize(
    ("first", "last", "what"),
    [
        ("2026-03-02", "2026-03-01", "the range is reversed: --from 2026-03-02 is after --to 2026-03-01"),
        ("2026-03-01", "2999-01-01", "--to 2999-01-01 is in the future"),
        ("2026-02-30", "2026-03-01", "Invalid value for '--from'"),
    ],
)
def test_days_that_cannot_be_are_refused_before_anything_starts(xpert, tmp_path, command, first, last, what):
    done = xpert(*command, "--from", first, "--to", last, "--data-dir", str(tmp_path / "data"))
    assert done.exit_code == 2
    assert what in " ".join(done.stderr.split())
    assert not (tmp_path / "data" / "pgdata").exists()


def test_a_csv_that_is_no_order_report_is_refused_with_the_columns_it_lacks(xpert, tmp_path):
    (tmp_path / "stock.csv").write_text("SKU,Stock\nKURTA-1,5\n")
    done = xpert("sandbox", "--orders-csv", str(tmp_path / "stock.csv"), "--data-dir", str(tmp_path / "data"))
    assert done.exit_code == 3
    assert "stock.csv" in done.stderr
    assert "Order ID" in done.stderr
    done = xpert("sandbox", "--orders-csv", str(tmp_path / "none.csv"), "--data-dir", str(tmp_path / "data"))
    assert done.exit_code == 3
    assert "none.csv cannot be read as an order report: No such file or directory" in done.stderr


def test_a_stock_list_without_orders_or_without_its_columns_is_refused(xpert, tmp_path):
    (tmp_path / "stock.csv").write_text("SKU,Stock\nKURTA-1,5\n")
    stock, home = ("--stock-csv", str(tmp_path / "stock.csv")), ("--data-dir", str(tmp_path / "data"))
    done = xpert("sandbox", *stock, *home)
    assert done.exit_code == 2
    assert "--stock-csv needs --orders-csv" in done.stderr
    assert not (tmp_path / "data").exists()
    done = xpert("sandbox", "--orders-csv", str(write_export(tmp_path / "orders.csv", [{}])), *stock, *home)
    assert done.exit_code == 3
    assert "stock.csv is not a stock list: it has no column SKU Code" in done.stderr


def test_up_with_a_csv_that_is_no_order_report_says_why_and_does_not_remember_it(xpert, tmp_path, pipeline_dsn):
    (tmp_path / "stock.csv").write_text("SKU,Stock\nKURTA-1,5\n")
    done = xpert(
        *("up", "--no-ui", "--sandbox", "--orders-csv", str(tmp_path / "stock.csv")),
        *("--data-dir", str(tmp_path / "data")),
        DATABASE_URL=pipeline_dsn,
    )
    assert done.exit_code == 3
    assert "the sandbox did not start: " in done.stderr
    assert "Order ID" in done.stderr
    assert not (tmp_path / "data" / "world.json").exists()


def test_a_sandbox_port_that_is_taken_is_named(xpert, tmp_path, taken_port, pipeline_dsn):
    home = ("--data-dir", str(tmp_path / "data"))
    for command in (["sandbox", "--port"], ["up", "--no-ui", "--sandbox", "--sandbox-port"]):
        done = xpert(*command, str(taken_port), *home, DATABASE_URL=pipeline_dsn)
        assert done.exit_code == 3
        assert f"port {taken_port} is taken" in done.stderr


def test_a_ui_port_that_is_in_use_is_replaced_by_another_one(monkeypatch, capsys, taken_port):
    monkeypatch.setattr(up.ui, "start_dagster", lambda _place, _environ, port: pytest.exit(f"on {port}"))
    home = SimpleNamespace(claim=lambda _what: nullcontext(True))
    place = SimpleNamespace(instance=dg.DagsterInstance.ephemeral, home=home, sandbox=None)
    with pytest.raises(pytest.exit.Exception, match=r"on \d+"):
        up._stay_up(place, [], Console(stderr=True), taken_port, print)
    ports = re.search(r"port (\d+) is in use: using (\d+)", capsys.readouterr().err)
    assert int(ports[1]) == taken_port != int(ports[2])


def test_an_unknown_seller_is_refused(xpert, pipeline_dsn):
    done = xpert("sync", "--seller", "A0NOBODY", DATABASE_URL=pipeline_dsn, **CREDENTIALS)
    assert done.exit_code == 3
    assert "seller A0NOBODY is not known: see `xpert sellers list`" in done.stderr


def test_a_seller_is_not_added_with_a_marketplace_that_does_not_exist(xpert, pipeline_dsn):
    done = xpert("sellers", "add", "A0SHOP", "--marketplace", "INDIA", DATABASE_URL=pipeline_dsn)
    assert done.exit_code == 2
    assert "'INDIA' is not an Amazon marketplace. Use country codes or ids: " in done.stderr
    assert "IN (A21TJRUUN4KGV)" in done.stderr
    assert xpert("sellers", "list", "--json", DATABASE_URL=pipeline_dsn).json == {"sellers": []}


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("Atzr|canary\n")
    return str(file)


def test_marketplaces_of_several_regions_are_refused_with_what_to_do(xpert, pipeline_dsn, token_file):
    command = ("sellers", "add", "A0SHOP", "--marketplace", "IN,US", "--refresh-token-file", token_file)
    done = xpert(*command, DATABASE_URL=pipeline_dsn)
    assert done.exit_code == 2
    assert "these marketplaces belong to several regions: IN (eu), US (na)" in done.stderr
    assert "add those of another region as a separate seller" in done.stderr


def test_sources_that_are_declared_wrongly_are_one_message_of_every_command_that_needs_them(
    xpert, monkeypatch, tmp_path
):
    wrong = replace(SOURCES[0], roles=("Canary",))
    commands_of(main)  # a command that is imported only now would keep the wrong list for later tests
    monkeypatch.setattr("xpert_pipeline.assets.registry.SOURCES", (wrong, *SOURCES))
    for command in (["sync"], ["up", "--no-ui"], ["plan", *RECENT], ["doctor"], ["status"], ["sellers", "list"]):
        done = xpert(*command)
        assert (done.exit_code, done.stdout) == (3, "")
        first, *problems = done.stderr.splitlines()
        assert first == "Error: some sources are declared incorrectly:"
        assert any("table products is also filled by the source declared at" in problem for problem in problems)
        assert any("names the role 'Canary', which Amazon does not have; use one of" in problem for problem in problems)
    assert not (tmp_path / "home").exists()
    for command in (["db", "--help"], ["sandbox", "--help"]):
        assert xpert(*command).exit_code == 0, "these work without the sources"


def test_an_unknown_table_is_refused_with_the_known_ones(xpert, amazon):
    done = xpert("sync", "--select", "orders,refunds", **amazon())
    assert done.exit_code == 2
    assert f"no such table: refunds; there are {', '.join(table.name for table in TABLES)}" in done.stderr


def test_a_marketplace_of_another_region_is_refused_and_can_be_corrected(xpert, amazon):
    done = xpert("sync", **amazon(AMAZON_MARKETPLACE_IDS="A21TJRUUN4KGV,ATVPDKIKX0DER"))
    assert done.exit_code == 3
    assert "AMAZON_MARKETPLACE_IDS: these marketplaces belong to several regions: IN (eu), US (na)" in done.stderr
    assert (
        "list the marketplaces of one region only, and add those of another region as a separate seller" in done.stderr
    )
    done = xpert("sync", **amazon(AMAZON_MARKETPLACE_IDS="ATVPDKIKX0DER"))
    assert done.exit_code == 3
    assert (
        "the account does not sell on Amazon.com (ATVPDKIKX0DER); it sells on Amazon.in (A21TJRUUN4KGV)" in done.stderr
    )
    assert xpert("sync", "--select", "products", *RECENT, **amazon()).exit_code == 0


def test_a_table_that_is_gone_is_one_failed_line_of_the_result(xpert, amazon, admin):
    admin.execute("drop table products cascade")
    selected = ["products", "orders", "order_items", "sales_data", "fba_inventory", "economics_daily", "traffic_daily"]
    done = xpert("sync", "--json", "--select", ",".join(selected), *RECENT, **amazon())
    assert done.exit_code == 1
    states = {line["table"]: line["state"] for line in done.json["tables"]}
    others = {*selected} - {"products", "traffic_daily"}
    assert states == {"products": "failed", "traffic_daily": "skipped"} | dict.fromkeys(others, "ok")
    assert "failed: products: MigrationNeeded" in done.stderr
    assert "0008_products" in done.stderr


def test_an_event_log_that_is_gone_fails_the_command_but_not_the_sync(xpert, amazon, admin):
    admin.execute("drop table fact_stream")
    done = xpert("sync", "--json", "--select", "products", *RECENT, **amazon())
    assert done.exit_code == 1
    assert {line["state"] for line in done.json["tables"]} == {"ok"}
    assert "failed: fact_stream: table fact_stream is missing: migration 0007_fact_stream creates it" in done.stderr
