"""Drives the real pipeline against a real sandbox in this process: runs of the job, rows, truth, and what was said."""

import json
import time
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import dagster as dg
import httpx

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.definitions import Graph, assemble, build_graph
from xpert_pipeline.events import day_reports, reasons, why_failed
from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.partitions import RANGE_END, RANGE_START, partition_key
from xpert_pipeline.postgres.ledger import COUNTS
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.settings import Settings
from xpert_pipeline.sources.outcome import overall
from xpert_pipeline_tests.sandbox.client import LOCAL

CLIENT_ID, CLIENT_SECRET = "amzn1.application-oa2-client.faults", "canary-secret-of-the-application"
NAMES = [table.name for table in TABLES]
KEYS = {table.name: table.key for table in TABLES}
CARRIED = {
    "orders": (
        "order_id, seller_order_id, purchase_date, order_date, last_updated_at, fulfillment_status, fulfilled_by, service_level, "
        "sales_channel, is_business, item_count, units_ordered"
    ).split(", "),
    "order_items": (
        "order_id, order_item_id, asin, sku, title, quantity_ordered, quantity_fulfilled, quantity_unfulfilled, "
        "currency, unit_price, item_subtotal, shipping_subtotal, gift_wrap_subtotal, cod_fee, tax_total, "
        "discount_total, promotion_ids, is_cancelled, purchase_date, order_date, last_updated_at"
    ).split(", "),
}
"""What the XML report knows of an order and of a line."""
FACTS = "select event_type, data ->> 'table', data ->> 'error', requires_action, data, partition_key from fact_stream"


GRAPHS = {}
"""Assets and checks of the registry's sources by first day and time zone."""


@dataclass(frozen=True)
class Outcome:
    """What a run did: errors by step, state and counts by table."""

    run_id: str
    success: bool
    errors: dict[str, str]
    states: dict[str, str]
    counts: dict[str, dict[str, int]]
    reasons: dict[str, str]

    @property
    def error(self):
        (only,) = self.errors.values()
        return only


class Pipeline:
    """One database, one Dagster instance, one sandbox at a time."""

    sources = SOURCES

    def __init__(self, instance, pool, book, environ):
        self.instance, self.pool, self.book, self.environ = instance, pool, book, dict(environ)
        self.sandbox = None
        self.spool = None

    def serve(self, sandbox, *, onboard=True):
        """Point the pipeline at a sandbox and onboard its sellers."""
        self.sandbox = sandbox
        if onboard:
            for place, world in enumerate(sandbox.state.worlds.values(), start=1):
                self.add_seller(world.seller_id, f"Atzr|sandbox-{place}")

    def add_seller(self, amazon_id, token, *, region="eu", marketplaces=("A21TJRUUN4KGV",)):
        seller = self.book.add(
            amazon_id,
            name=f"Shop {amazon_id}",
            region=region,
            marketplace_ids=list(marketplaces),
            timezone="Asia/Kolkata",
            refresh_token=token,
            is_sandbox=True,
        )
        self.instance.add_dynamic_partitions("sellers", [amazon_id])
        return seller

    @property
    def refetchable(self):
        """Steps that can be told to fetch complete days again."""
        return [source.step for source in self.sources if source.is_refetchable]

    @property
    def sellers(self):
        return list(self.sandbox.state.worlds)

    @property
    def today(self):
        return datetime.now(ZoneInfo("Asia/Kolkata")).date()

    @property
    def days(self):
        """The sandbox's days, and all from then to today."""
        options = self.sandbox.state.options
        first = options.last_day - timedelta(days=options.days - 1)
        return [first + timedelta(days=n) for n in range((self.today - first).days + 1)]

    @property
    def past_days(self):
        return [day for day in self.days if day < self.today]

    def fault(self, name, **details):
        answer = httpx.post(f"{self.sandbox.endpoint}/_sandbox/faults", json={"name": name, **details}, **LOCAL)
        assert answer.status_code == 200, answer.text

    def mend(self):
        """Every fault is over, also in documents that were written with one."""
        httpx.delete(f"{self.sandbox.endpoint}/_sandbox/faults", **LOCAL).raise_for_status()
        self.sandbox.state.documents.kept.clear()

    def struck(self, name):
        return sum(rule["struck"] for rule in self.sandbox.state.faults.state() if rule["name"] == name)

    def calls(self, operation):
        """How often an operation was asked, retries included."""
        return sum(n for (name, _, _), n in self.sandbox.state.statistics.counts.items() if name == operation)

    def know_rate(self, operation):
        """Tell the quota the sandbox's pace: a bucket that a 429 emptied would refill at Amazon's own."""
        for scope in (*self.sellers, "*"):
            PostgresQuota(self.pool).take(CLIENT_ID, scope, "eu", operation, 100_000, 20, uuid4(), 0)

    def run(self, *, sellers=None, days=None, tables=(), refetch=False, checks=False):
        """Materialize the tables (none: all) for days (none: the sandbox's) of sellers (none: the first)."""
        job = self.job(checks=checks)
        days = days or self.days
        sellers = sorted(sellers or self.sellers[:1], key=self.instance.get_dynamic_partitions("sellers").index)
        config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        if refetch:
            config["ops"] = {name: {"config": {"refetch": True}} for name in self.refetchable}
        tags = {
            RANGE_START: partition_key(min(days), sellers[0]),
            RANGE_END: partition_key(max(days), sellers[-1]),
        }
        return self._execute(job, tags, config, [dg.AssetKey(table) for table in tables])

    def run_impatiently(self, **asked):
        """The same, but what is not ready in a moment is left to the next run."""
        environ, self.environ = self.environ, self.environ | {"XPERT_REPORT_PATIENCE_MINUTES": "0.01"}
        try:
            return self.run(**asked)
        finally:
            self.environ = environ

    def run_job(self, name, tags):
        """Execute one of the pipeline's jobs as a sensor or schedule would ask for it."""
        return self._execute(self.definitions().resolve_job_def(name), tags, {}, [])

    def _execute(self, job, tags, config, selection):
        result = job.execute_in_process(
            run_config=config,
            instance=self.instance,
            tags=tags,
            asset_selection=selection or None,
            raise_on_error=False,
        )
        errors = {step or "run": reason for step, reason in why_failed(self.instance, result.run_id)}
        return Outcome(
            result.run_id, result.success, errors, *self._told(result.run_id), reasons(self.instance, result.run_id)
        )

    def definitions(self, *, checks=True):
        environ = self.environ | {"SP_API_ENDPOINT": self.sandbox.endpoint, "SP_API_TOKEN_URL": self.sandbox.token_url}
        if self.spool:
            environ["XPERT_SPOOL_DIR"] = str(self.spool)
        settings = Settings.from_env(environ)
        graph = graph_of(settings, self.sources)
        return assemble(settings, environ, self.sources, graph if checks else Graph(graph.assets, []))

    def job(self, *, checks):
        definitions = self.definitions(checks=checks)
        if checks:
            return definitions.resolve_job_def("sync")
        bare = dg.define_asset_job("bare", selection=dg.AssetSelection.all())
        return dg.Definitions.merge(definitions, dg.Definitions(jobs=[bare])).resolve_job_def("bare")

    def change_order(self, place, **fields):
        """Let an order have changed just now, but before the last minutes, which no search shows."""
        world = self.sandbox.state.worlds[self.sellers[0]]
        orders = list(world.orders)
        fields = {"updated": int(time.time()) - 200, **fields}
        orders[place] = orders[place]._replace(**fields)
        self.sandbox.state.worlds[world.seller_id] = replace(world, orders=orders)
        return orders[place]

    def rows(self, table, columns="*", seller=None):
        """Rows of a seller by natural key."""
        with tenant(self.pool, self.book.get(seller or self.sellers[0]).id) as connection:
            cursor = connection.execute(f"select {columns} from {table} order by {', '.join(KEYS.get(table, ('1',)))}")
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, query, *values, seller=None):
        with tenant(self.pool, self.book.get(seller or self.sellers[0]).id) as connection:
            return connection.execute(query, values).fetchone()

    def truth(self, table, seller=None):
        """What a perfect pipeline would hold, by natural key."""
        text = httpx.get(
            f"{self.sandbox.endpoint}/_sandbox/truth/{table}",
            params={"seller": seller or self.sellers[0]},
            **LOCAL,
        ).text
        rows = [json.loads(line) for line in text.splitlines()]
        return sorted(rows, key=lambda row: [row[name] for name in known_key(table, rows)])

    def differences(self, table, seller=None, only=None):
        """Where rows and truth differ: keys on one side only, and columns with other values."""
        truth = self.truth(table, seller=seller)
        key = known_key(table, truth)
        ours = {tuple(str(row[name]) for name in key): row for row in self.rows(table, seller=seller)}
        theirs = {tuple(str(row[name]) for name in key): row for row in truth}
        found = [f"{table} {each} is on one side only" for each in ours.keys() ^ theirs.keys()]
        for each in ours.keys() & theirs.keys():
            found += [
                f"{table} {each}: {name} is {ours[each][name]!r}, should be {value!r}"
                for name, value in theirs[each].items()
                if (only is None or name in only) and not same(ours[each][name], value)
            ]
        return found

    def assert_whole(self, *tables, seller=None):
        """Nothing is lost, doubled or invented."""
        for table in tables or NAMES:
            assert self.rows(table, seller=seller) or not (tables or self.truth(table, seller=seller)), (
                f"{table} is empty"
            )
            found = self.differences(table, seller=seller)
            assert not found, "\n".join(found)

    def facts(self, seller=None):
        """fact_stream of a seller, after the sensor's work: failures first."""
        collect_events(self.instance, self.pool, NAMES)
        with tenant(self.pool, self.book.get(seller or self.sellers[0]).id) as connection:
            return connection.execute(FACTS + " order by event_type desc, timestamp").fetchall()

    def everything_said(self):
        """All texts that a person or a log collector could see of this pipeline."""
        texts = [str(entry.user_message) + str(entry.dagster_event) + str(entry.error_info) for entry in self._logs()]
        for seller in self.book.all():
            texts += [str(seller)]
            with tenant(self.pool, seller.id) as connection:
                for table in ("fact_stream", "loads", "rejected_records"):
                    if connection.execute("select to_regclass(%s)", (table,)).fetchone()[0]:
                        texts += [str(row) for row in connection.execute(f"select t::text from {table} t")]
        return "\n".join(texts)

    def _logs(self):
        return [entry for run in self.instance.get_runs() for entry in self.instance.all_logs(run.run_id)]

    def _told(self, run_id):
        states, counts = {}, {}
        for told in day_reports(self.instance, run_id):
            table = told.asset_key.to_user_string()
            states.setdefault(table, set()).add(told.metadata["state"].value)
            loaded = told.metadata["this_run"].value if "this_run" in told.metadata else {}
            sums = counts.setdefault(table, dict.fromkeys(COUNTS, 0))
            for name in COUNTS:
                sums[name] += loaded.get(name, 0)
        return {table: overall(told) for table, told in states.items()}, counts


def graph_of(settings, sources):
    """Assets and checks of sources; to build those of the registry takes longer than many a run, so they are kept."""
    if sources is not SOURCES:
        return build_graph(settings, sources)
    key = (settings.start_date, settings.timezone)
    if key not in GRAPHS:
        GRAPHS[key] = build_graph(settings, sources)
    return GRAPHS[key]


def known_key(table, truth):
    """The columns of the key that the sandbox can know; only the pipeline knows when it saw something first."""
    return [name for name in KEYS[table] if not truth or name in truth[0]]


def same(ours, theirs):
    """Whether a value of the database is the one that the truth writes as text."""
    if ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, Decimal):
        return ours == Decimal(str(theirs))
    if isinstance(ours, datetime):
        return ours == datetime.fromisoformat(theirs)
    if isinstance(ours, list) and isinstance(theirs, list):
        return sorted(map(plain, ours)) == sorted(map(plain, theirs))
    return ours == date.fromisoformat(theirs) if isinstance(ours, date) else ours == theirs


def plain(value):
    """A value of a JSON list as text that is equal for equal figures, however they are written."""
    if isinstance(value, dict):
        return str(sorted((name, plain(inner)) for name, inner in value.items()))
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except ArithmeticError:
        return str(value)
