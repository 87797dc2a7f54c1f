"""A small world that is loaded once: all tables, with all checks. Tests that spoil rows get a copy of the database."""

import base64
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import psycopg
import pytest
from psycopg import sql

from xpert_pipeline.assets.registry import RECONCILIATIONS, SOURCES
from xpert_pipeline.cli.instance import CONFIG
from xpert_pipeline.events import day_reports
from xpert_pipeline.postgres.embedded import EmbeddedServer
from xpert_pipeline.postgres.pool import Pool, open_pool
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.resources.spapi import LIVE, Application, connect
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.reconciliation import reconcile, result_of
from xpert_pipeline.sources.run import market_of
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.spapi import session
from xpert_pipeline.spapi.documents.download import fetch_document
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.operations.sellers import marketplace_participations
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline_tests.assets.documents import documents
from xpert_pipeline_tests.assets.records import SPAN, Sample, sample_of
from xpert_pipeline_tests.conftest import KEY, drop_database
from xpert_pipeline_tests.faults.pipeline import CLIENT_ID, CLIENT_SECRET, Pipeline
from xpert_pipeline_tests.sandbox.traffic import Traffic, recording

WORLD = {"rate_scale": 0, "days": 20, "orders_per_day": 10, "skus": 20}


@dataclass(frozen=True)
class Loaded:
    """A loaded database.

    Attributes:
        admin_dsn: Its owner's address.
        dsn: The pipeline's address.
        evaluations: What the checks of the sync said, by name.
        traffic: Every request with its answer.
        samples: A record of each source of pages or look-ups, by step.
        pictures: What the newest day of each table shows, as Markdown, by table.
        worlds: The sellers' worlds that the sandbox served, by Amazon's id.
    """

    admin_dsn: str
    dsn: str
    evaluations: dict[str, dg.AssetCheckEvaluation]
    traffic: Traffic
    samples: dict[str, Sample | None]
    pictures: dict[str, str]
    worlds: dict[str, World] = field(repr=False)


@dataclass(frozen=True)
class Books:
    """A copy of the loaded database that a test may spoil."""

    admin: psycopg.Connection
    pool: Pool
    seller: Seller

    def change(self, statement, *values):
        """Change exactly one row, and return it."""
        cursor = self.admin.execute(statement, values)
        assert cursor.rowcount == 1, f"{cursor.rowcount} rows changed"
        return cursor.fetchone()

    def results(self):
        """The result of every reconciliation, by name."""
        return {each.name: result_of(each, reconcile(self.pool, self.seller, each)) for each in RECONCILIATIONS}


def copy_database(admin_dsn: str, server: EmbeddedServer) -> tuple[str, str]:
    """Copy a database to which nobody is connected; gives the copy's admin and pipeline address."""
    name, source = f"test_{uuid.uuid4().hex}", psycopg.conninfo.conninfo_to_dict(admin_dsn)["dbname"]
    with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
        conn.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(str(source))
            )
        )
    return server.dsn("postgres", name), server.dsn("xpert_pipeline", name)


@contextmanager
def serving(dsn, monkeypatch, options):
    """A pipeline on a database, whose sellers a sandbox with these options serves."""
    environ = {
        "DATABASE_URL": dsn,
        "AMAZON_CLIENT_ID": CLIENT_ID,
        "AMAZON_CLIENT_SECRET": CLIENT_SECRET,
        "XPERT_ENCRYPTION_KEY": base64.b64encode(KEY).decode(),
        "XPERT_SANDBOX": "1",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "RetryPolicy", partial(RetryPolicy, base_seconds=0.01))
    settings = {name: CONFIG[name] for name in ("telemetry", "python_logs")}
    with (
        start(options) as sandbox,
        open_pool(dsn) as pool,
        dg.DagsterInstance.ephemeral(settings=settings) as instance,
    ):
        pipeline = Pipeline(instance, pool, SellerBook(pool, KEY), environ)
        pipeline.serve(sandbox)
        yield pipeline


def load(addresses, monkeypatch):
    """Sync a small world: the whole job."""
    admin_dsn, dsn = addresses
    with (
        recording() as traffic,
        serving(dsn, monkeypatch, SandboxOptions(**WORLD)) as pipeline,
        TemporaryDirectory() as folder,
    ):
        done = pipeline.run(checks=True)
        assert done.success, done.errors
        logs = pipeline.instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        checks = [entry.asset_check_evaluation for entry in logs]
        samples = ask_more(pipeline, Path(folder))
        pictures = {
            report.asset_key.to_user_string(): report.metadata["pictures"].value
            for report in day_reports(pipeline.instance, done.run_id)
            if "pictures" in report.metadata
        }
        evaluations = {check.check_name: check for check in checks}
        worlds = dict(pipeline.sandbox.state.worlds)
        return Loaded(admin_dsn, dsn, evaluations, traffic, samples, pictures, worlds)


def ask_more(pipeline, folder):
    """Ask Amazon what the sync of a small seller does not ask: doctor's questions, and reports for large sellers.

    Returns:
        A record of each source of pages or look-ups.
    """
    (seller,) = pipeline.book.all()
    sandbox = pipeline.sandbox
    application = Application(CLIENT_ID, CLIENT_SECRET, sandbox.endpoint, sandbox.token_url)
    with connect(application, seller, sandbox.ready()["refresh_token"], pipeline.pool, LIVE) as api:
        assert marketplace_participations(api)
        market = market_of(seller, *seller.marketplace_ids, ())
        for source in SOURCES:
            source.probe(api, market, datetime.now(UTC))
            if request := bulk_request(source, seller.marketplace_ids):
                report_id = ReportApi().create(api, request)
                status = ReportApi().status_of(api, report_id, request)
                assert status.document_id is not None, status
                fetch_document(api, status.document_id, folder).remove()
        return {source.step: sample_of(source, pipeline.pool, api, market) for source in SOURCES}


def bulk_request(source, marketplace_ids):
    """The report with which a source reads the data of a large seller; None if it has none beside its pages."""
    if isinstance(source, Snapshot) and source.bulk is not None:
        return JobRequest(source.bulk.report_type, marketplace_ids=marketplace_ids)
    if isinstance(source, ChangeFeed) and source.feed.bulk is not None:
        end = datetime.now(UTC) - source.feed.settling
        return JobRequest(source.feed.bulk.types["created"], end - SPAN, end, None, marketplace_ids)
    return None


@pytest.fixture(scope="session")
def loaded(new_database, embedded_server):
    addresses = new_database()
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield load(addresses, monkeypatch)
    drop_database(addresses[0], embedded_server)


@pytest.fixture(scope="session")
def found(loaded):
    """The longest document of each report type and query."""
    return documents(loaded.traffic)


@pytest.fixture
def books(loaded, embedded_server):
    admin_dsn, dsn = copy_database(loaded.admin_dsn, embedded_server)
    with psycopg.connect(admin_dsn, autocommit=True) as admin, open_pool(dsn) as pool:
        (seller,) = SellerBook(pool, KEY).all()
        yield Books(admin, pool, seller)
    drop_database(admin_dsn, embedded_server)
