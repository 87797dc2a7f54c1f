"""A sync that is killed with -9 or interrupted in the middle of a load, and started again."""

import signal
import subprocess
import time

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline_tests.commands import bare_environment, start_command
from xpert_pipeline_tests.faults.pipeline import Pipeline
from xpert_pipeline_tests.granted import INDIA

pytestmark = pytest.mark.long
LOCK = 4711
STOP_AT_THE_CHANGES = f"""
create function stop_here() returns trigger language plpgsql as $$
begin perform pg_advisory_xact_lock({LOCK}); return new; end $$;
create trigger stop_here before insert on loads for each row
  when (new.table_name = 'order_items' and new.window_kind = 'updated') execute function stop_here();
select pg_advisory_lock({LOCK})
"""
LOADED = "select sum(fetched), sum(inserted), sum(updated), sum(unchanged) from loads"
LOGGED = """
select sum((data ->> 'fetched')::int), sum((data ->> 'inserted')::int), sum((data ->> 'updated')::int),
       sum((data ->> 'unchanged')::int) from fact_stream
"""
INDIAN = [source for source in SOURCES if source.is_offered_in(INDIA)]
OF_EVERY_KIND = [
    table.name for source in {type(source): source for source in INDIAN[::-1]}.values() for table in source.tables
]
"""The tables of the first source of each kind."""
WITH_ROWS = ("products", "orders", "order_items", "sales_data", "economics_daily")
"""Those of which even a world of three days has rows."""
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted"


@pytest.fixture
def pipeline(amazon, pool, sellers):
    amazon()
    seen = Pipeline(None, pool, sellers, {})
    seen.serve(amazon.sandbox, onboard=False)
    return seen


@pytest.fixture
def stop(amazon, pipeline, admin, tmp_path):
    """Ends a sync by a signal when its orders are in and their changes almost: the process, command and environment."""
    return lambda number, *options: _stopped(amazon, pipeline, admin, tmp_path, number, options)


def _stopped(amazon, pipeline, admin, tmp_path, number, options):
    environ = amazon()
    command = ["sync", "--json", "--from", str(pipeline.days[0]), "--to", str(pipeline.today), *options]
    admin.execute(STOP_AT_THE_CHANGES)
    process = start_command(
        *command,
        env={**bare_environment(), **environ, "XPERT_DATA_DIR": str(tmp_path / "home")},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120  # for a busy machine
    while admin.execute(WAITING, (LOCK,)).fetchone() != (1,):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    said = process.communicate(timeout=120)
    admin.execute("select pg_advisory_unlock(%s)", (LOCK,))
    admin.execute("drop trigger stop_here on loads")
    return process.returncode, said, command, environ


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sync_says_what_became_of_its_work_and_goes_on(stop, xpert, pipeline, admin, number):
    """Ctrl-C said "Aborted!" and no more: nobody knew what had been kept, or how to go on."""
    code, (out, err), command, environ = stop(number, "--select", ",".join(OF_EVERY_KIND))
    assert (code, out) == (130, "")
    assert "Everything loaded so far is kept" in err
    assert err.endswith("Run the same command to continue.\n")
    assert "Aborted" not in err
    assert len(pipeline.rows("orders")) == len(pipeline.truth("orders"))
    assert xpert(*command, **environ).exit_code == 0
    pipeline.assert_whole(*WITH_ROWS)
    assert [difference for table in OF_EVERY_KIND for difference in pipeline.differences(table)] == []
    (told,) = admin.execute("select data ->> 'error' from fact_stream where event_type = 'sync.failed'").fetchone()
    assert told.startswith("interrupted by Ctrl-C or SIGTERM. Everything loaded so far is kept")


def test_a_sync_killed_in_a_load_is_made_whole_by_the_same_command(stop, xpert, pipeline, admin, tmp_path):
    _, _, command, environ = stop(signal.SIGKILL)
    assert len(pipeline.rows("orders")) == len(pipeline.truth("orders"))
    spool = tmp_path / "home" / "spool"
    assert list(spool.iterdir())
    (run_id,) = admin.execute("select run_id from dagster.runs where status = 'STARTED'").fetchone()
    windows = pipeline.rows("loads", "table_name, window_kind")
    assert {"table_name": "orders", "window_kind": "updated"} not in windows
    assert pipeline.rows("sales_data") == []
    again = xpert(*command, **environ)
    assert again.exit_code == 0, again.stderr
    assert list(spool.iterdir()) == []
    pipeline.assert_whole()
    inserted = {line["table"]: line["inserted"] for line in again.json["tables"]}
    assert (inserted["orders"], inserted["order_items"]) == (0, 0)
    assert inserted["sales_data"] == len(pipeline.truth("sales_data"))
    runs = admin.execute("select run_id = %s, status from dagster.runs order by id", (run_id,)).fetchall()
    assert runs == [(True, "FAILURE"), (False, "SUCCESS")]
    (told,) = admin.execute("select data ->> 'error' from fact_stream where event_type = 'sync.failed'").fetchone()
    assert admin.execute(LOGGED).fetchone() == admin.execute(LOADED).fetchone()
    from_ledger = "select count(*) from fact_stream where data ->> 'run_id' = %s and metadata ->> 'origin' = 'ledger'"
    assert admin.execute(from_ledger, (run_id,)).fetchone()[0] > 0
    assert "The run's process is gone (killed or out of memory). No data is damaged" in told
