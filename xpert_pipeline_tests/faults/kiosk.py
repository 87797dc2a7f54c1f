"""The tables of Data Kiosk, and what tests ask of a pipeline that loads them."""

import logging
import time

KIOSK = ["economics_daily", "traffic_daily"]
SOURCES = ["products", *KIOSK]
WAITED_FOR = """
select count(*) from report_requests
where kind = 'query' and collected_at is null and state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
"""
TWENTY_DAYS = {"days": 20, "orders_per_day": 8, "skus": 40}


def changes(outcome, table):
    return {name: outcome.counts[table][name] for name in ("inserted", "updated", "deleted")}


def loads(pipeline, table):
    return sorted(
        (load for load in pipeline.rows("loads") if load["table_name"] == table), key=lambda load: load["finished_at"]
    )


def warnings(pipeline, outcome):
    return [each.user_message for each in pipeline.instance.all_logs(outcome.run_id) if each.level >= logging.WARNING]


def queries(pipeline):
    return list(pipeline.sandbox.state.queries.of(pipeline.sellers[0], time.time()))


def doubted_runs(pipeline, hours_pass, known):
    """Run twice, too soon for the second answer to confirm the first; both change nothing.

    Yields:
        What each run did.
    """
    for hours in (7, 0.9):
        hours_pass(hours)
        doubted = pipeline.run(tables=KIOSK)
        assert doubted.success
        assert {doubted.states[table] for table in KIOSK} == {"skipped"}
        for table in KIOSK:
            assert "nothing was changed; the next run checks again" in doubted.reasons[table]
            assert pipeline.rows(table) == known[table]
            assert len(loads(pipeline, table)) == 1
        yield doubted
