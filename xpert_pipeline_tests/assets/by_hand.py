"""Rows that a test writes by hand, and the tables that are derived from them as runs do."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from psycopg.sql import SQL, Identifier, Placeholder

from xpert_pipeline.postgres.computed import Computation
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.sql_files import more_days, transform
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

ZONES = {INDIA: ZoneInfo("Asia/Kolkata"), GERMANY: ZoneInfo("Europe/Berlin")}


def write_row(connection, seller, table, **values):
    """Write one row of a seller; in India, if nothing else is said."""
    row = {"seller_id": seller.id, "marketplace_id": INDIA, "source": "a test", "load_id": uuid4(), **values}
    statement = SQL("insert into {} ({}) values ({})").format(
        Identifier(table), SQL(", ").join(map(Identifier, row)), SQL(", ").join(map(Placeholder, row))
    )
    connection.execute(statement, row)


def write_load(connection, seller, table, first, last, *, store=INDIA, end=None):
    """The ledger says that a table is loaded from the first day to the last one, or until `end`."""
    after = last + timedelta(days=1)
    start = datetime(first.year, first.month, first.day, tzinfo=ZONES[store])
    end = end or datetime(after.year, after.month, after.day, tzinfo=ZONES[store])
    counts = dict.fromkeys(("fetched", "inserted", "updated", "unchanged", "deleted", "rejected"), 0)
    write_row(
        connection, seller, "loads", marketplace_id=store, table_name=table, window_kind="created", window_start=start,
        window_end=end, run_id="r", started_at=end, **counts,
    )  # fmt: skip


def derive_as_runs_do(pool, seller, source, requested, computed, *, stores=tuple(ZONES), again=False, **parameters):
    """Derive a table for what is marked dirty and for some days; return what was written."""
    name = source.table.name
    with hold(pool, seller.id, name) as lease:
        return derive(
            pool, seller_id=seller.id, table=source.table, statement=transform(name), lease=lease, run_id="r",
            requested_days=requested, computed_days=computed, started_at=datetime.now(UTC),
            timezones={store: ZONES[store].key for store in stores}, more_days=more_days(name), subject=source.subject,
            parameters={key: parameters.get(key, value) for key, value in source.parameters.items()},
            computation=Computation(source.version, source.compute) if source.compute else None, again=again,
            inputs=(*source.after, name),
        )  # fmt: skip
