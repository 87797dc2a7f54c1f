"""Syncs are queued through Dagster's webserver."""

from datetime import date
from uuid import UUID

import pytest
from dagster_graphql import DagsterGraphQLClientError

from xpert_pipeline.cli import ui
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.runner import SyncRequest
from xpert_pipeline.postgres.sellers import Seller

SELLER = Seller(UUID(int=1), "A1", "Books", "eu", ("A21TJRUUN4KGV",), "Asia/Kolkata", "active", None, False, True)


def test_a_sync_that_dagster_does_not_take_is_one_sentence_that_names_the_log(monkeypatch):
    """A code server that could not load the pipeline gave a traceback of 25 lines without the reason."""

    def refuse(*_args, **_options):
        raise DagsterGraphQLClientError("PipelineNotFoundError", "Could not find Pipeline sync")

    monkeypatch.setattr(ui.DagsterGraphQLClient, "__init__", lambda *_args, **_options: None)
    monkeypatch.setattr(ui.DagsterGraphQLClient, "submit_job_execution", refuse)
    day = date(2026, 3, 10)
    with pytest.raises(PreconditionError, match=r"sync of A1: Could not find Pipeline sync\. .*logs/code-server\.log"):
        list(ui.launch(3000, [(SELLER, SyncRequest(day, day, ()))]))
