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
