"""Prints what a sync did, as lines for people or one JSON document, and decides the exit code."""

import json
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console

from xpert_pipeline.cli import sandbox_client
from xpert_pipeline.cli.errors import ASSET_FAILED
from xpert_pipeline.cli.runner import Finished
from xpert_pipeline.cli.summary import show


def print_result(
    finished: Sequence[Finished],
    *,
    as_json: bool,
    sandbox: dict[str, Any] | None = None,
    left_out: Sequence[str] = (),
) -> int:
    """Print the outcome of every table and the errors; returns the exit code.

    Args:
        finished: The runs.
        as_json: One document instead of a table.
        sandbox: The ready line of the sandbox that was started, for its statistics.
        left_out: Sellers whose sync could not start, with the reason.
    """
    tables = [outcome for run in finished for outcome in run.tables]
    errors = [*left_out, *(error for run in finished for error in run.errors)]
    if as_json:
        document: dict[str, Any] = {"tables": [outcome.as_json() for outcome in tables]}
        if sandbox is not None:
            document["sandbox"] = sandbox_client.stats(sandbox)
        click.echo(json.dumps(document, default=str))
    else:
        show(Console(width=160 if not Console().is_terminal else None), tables)
    for note in (note for run in finished for note in run.notes):
        click.echo(f"not loaded: {note}", err=True)
    for error in errors:
        click.echo(f"failed: {error}", err=True)
    return ASSET_FAILED if errors or any(outcome.state == "failed" for outcome in tables) else 0
