"""The database and the disk: what is missing, held or full is named with the remedy, and the rest goes on."""

import os
import socket

import dagster as dg
import psycopg
import pytest

from xpert_pipeline.assets.orders import feed
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.resources import postgres as resource
from xpert_pipeline.spapi.operations.orders import search_orders
from xpert_pipeline_tests.faults.pipeline import Pipeline

ORDERS = ["orders", "order_items"]
SALES = [*ORDERS, "sales_data"]
TABLES = ["products", *SALES]


def test_a_dropped_table_fails_its_asset_with_its_migration_and_the_others_go_on(pipeline, admin):
    admin.execute("drop table products cascade")
    failed = pipeline.run(checks=True)
    assert list(failed.errors) == ["products"]
    assert failed.errors["products"].startswith(
        f"MigrationNeeded: seller {pipeline.sellers[0]}: table products is missing"
    )
    assert "migration 0008_products creates it" in failed.errors["products"]
    assert "xpert db migrate" in failed.errors["products"]
    pipeline.assert_whole("orders", "order_items", "sales_data")
    ((kind, table, error, needs_a_person, *_), *_) = pipeline.facts()
    assert (kind, table, error, needs_a_person) == ("sync.failed", "products", failed.errors["products"], True)


def test_a_dropped_column_is_named_with_its_table(pipeline, admin):
    admin.execute("alter table orders drop column programs")
    failed = pipeline.run(tables=["products", *ORDERS])
    assert list(failed.errors) == ["orders_and_items"]
    assert "column programs" in failed.error
    assert "Run `xpert db migrate`" in failed.error
    pipeline.assert_whole("products")


def test_orders_being_gone_keeps_the_sales_that_are_there(pipeline, admin):
    assert pipeline.run(tables=SALES).success
    sales = pipeline.rows("sales_data")
    admin.execute("drop table orders cascade")
    failed = pipeline.run(tables=SALES)
    assert "0009_orders" in failed.errors["orders_and_items"]
    assert "sales_data" not in failed.states
    assert pipeline.rows("sales_data") == sales


def test_a_value_that_the_database_refuses_is_not_quoted(pipeline, admin):
    """PostgreSQL's own words repeat the whole row."""
    admin.execute("alter table orders add constraint no_kurtas check (service_level <> 'STANDARD') not valid")
    failed = pipeline.run(tables=ORDERS)
    assert "no_kurtas" in failed.error
    assert "23514" in failed.error
    assert "STANDARD" not in pipeline.everything_said().replace("STANDARD_", "")
    assert pipeline.rows("orders") == []
    admin.execute("alter table orders drop constraint no_kurtas")
    assert pipeline.run(tables=ORDERS).success
    pipeline.assert_whole(*ORDERS)


def test_a_connection_cut_in_the_load_is_made_again_and_nothing_doubles(pipeline, admin):
    admin.execute("""
        create table cuts (number int);
        grant select, insert on cuts to xpert_pipeline;
        create sequence cut_once;
        grant usage on sequence cut_once to xpert_pipeline;
        create function cut() returns trigger language plpgsql security definer as $$
        begin
          if nextval('cut_once') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
          return new;
        end $$;
        create trigger cut before insert on loads for each row when (new.table_name = 'orders') execute function cut();
    """)
    assert pipeline.run(tables=SALES).success
    assert admin.execute("select last_value from cut_once").fetchone() >= (2,)
    pipeline.assert_whole(*SALES)
    (doubled,) = pipeline.one("select count(*) - count(distinct (load_id, table_name)) from loads")
    assert doubled == 0


def test_a_lease_in_other_hands_says_whose_and_the_next_run_does_the_work(pipeline, pool):
    seller = pipeline.book.get(pipeline.sellers[0])
    with hold(pool, seller.id, "orders", name="etl-7 process 4711"):
        failed = pipeline.run(tables=TABLES)
    assert list(failed.errors) == ["orders_and_items"]
    assert failed.errors["orders_and_items"].startswith(
        f"LeaseHeld: seller {seller.amazon_seller_id}: orders of this seller"
    )
    assert "is being written by etl-7 process 4711 (lease until 2" in failed.errors["orders_and_items"]
    pipeline.assert_whole("products")
    assert pipeline.run(tables=TABLES).success
    pipeline.assert_whole(*TABLES)


def test_the_lease_of_a_killed_process_of_this_machine_is_taken_over_at_once(pipeline, admin):
    seller = pipeline.book.get(pipeline.sellers[0])
    admin.execute(
        "insert into seller_leases (seller_id, stream, holder, holder_name, expires_at) "
        "values (%s, 'orders', gen_random_uuid(), %s, now() + interval '1 minute')",
        (seller.id, f"{socket.gethostname()} process 4194305"),
    )
    assert pipeline.run(tables=SALES).success
    pipeline.assert_whole(*SALES)


@pytest.fixture
def other(pipeline):
    """Another Dagster over the same database and sandbox."""
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        instance.add_dynamic_partitions("sellers", pipeline.sellers)
        second = Pipeline(instance, pipeline.pool, pipeline.book, pipeline.environ)
        second.serve(pipeline.sandbox, onboard=False)
        yield second


def test_of_two_runs_of_one_seller_at_once_one_works_and_the_other_says_who_does(pipeline, other, monkeypatch):
    second = []

    def pages(*args, **window):
        if not second:
            second.append(other.run(tables=ORDERS))
        yield from search_orders(*args, **window)

    monkeypatch.setitem(vars(feed.SOURCE.feed), "walk", pages)
    first = pipeline.run(tables=ORDERS)
    assert first.success
    (refused,) = second
    assert refused.error.startswith(
        f"LeaseHeld: seller {pipeline.sellers[0]}: orders of this seller is being written by "
    )
    assert f"{socket.gethostname()} process {os.getpid()} (lease until 2" in refused.error
    pipeline.assert_whole(*ORDERS)
    assert other.run(tables=ORDERS).success
    pipeline.assert_whole(*ORDERS)


def test_a_spool_that_cannot_be_written_is_named_and_nothing_is_loaded(pipeline, tmp_path):
    (tmp_path / "file").write_text("no directory")
    pipeline.spool = tmp_path / "file" / "spool"
    failed = pipeline.run(tables=TABLES)
    for error in (failed.errors["products"], failed.errors["orders_and_items"]):
        assert error.startswith(
            f"SpoolFailed: seller {pipeline.sellers[0]}: fetched rows cannot be kept in {pipeline.spool}"
        )
        assert "Nothing was loaded; run again" in error
    pipeline.spool = tmp_path / "room"
    assert pipeline.run(tables=TABLES).success
    pipeline.assert_whole(*TABLES)
    assert list(pipeline.spool.iterdir()) == []


def impatient(dsn):
    pool = open_pool(dsn)
    pool.timeout = 0.5
    return pool


def test_a_database_that_is_down_fails_the_run_and_names_no_password(pipeline, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    dsn = f"postgresql://xpert_pipeline:canary-password@127.0.0.1:{port}/shop"
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setattr(resource, "open_pool", impatient)
    failed = pipeline.run(tables=["products"])
    assert f"no connection to the database at 127.0.0.1:{port}" in failed.error
    assert "check that it runs" in failed.error
    assert "canary-password" not in failed.error


def test_a_row_may_not_be_written_for_another_seller(pipeline, pool):
    """Row level security holds the pipeline's role too."""
    assert pipeline.run(tables=["products"]).success
    other = pipeline.add_seller("A0OTHERSHOP", None)
    with psycopg.connect(pool.conninfo) as connection:
        connection.execute("select set_config('app.seller_id', %s, true)", (str(other.id),))
        assert connection.execute("select count(*) from products").fetchone() == (0,)
