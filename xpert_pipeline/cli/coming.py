"""What a run leaves to a run that begins now, and when the pipeline goes on by itself."""

from collections.abc import Collection, Sequence

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.run_result import RunResult, TableResult
from xpert_pipeline.sources.order import in_order_of_work
from xpert_pipeline.wording import duration_words

UNFINISHED = ("skipped", "incomplete")


def still_coming(results: Sequence[TableResult], continued: Collection[str]) -> list[str]:
    """Return the unfinished tables that a run that begins now goes on with, in the order of work.

    A derived table comes with its inputs: it goes on if one of them does.

    Args:
        results: What each table received.
        continued: Tables of which a step said that it left them something to go on with.
    """
    unfinished, coming = {result.table for result in results if result.state in UNFINISHED}, list[str]()
    for source in in_order_of_work(SOURCES):
        from_inputs = source.is_derived and not set(coming).isdisjoint(source.after)
        coming += [
            table.name
            for table in source.tables
            if table.name in unfinished and (from_inputs or table.name in continued)
        ]
    return coming


def coming_lines(runs: Sequence[RunResult]) -> list[str]:
    """A line about each seller's tables that are still coming, how long that takes, and when it is."""
    lines = []
    for run in runs:
        if run.continued and run.next_sync:
            whose = f" of {run.seller}" if len(runs) > 1 else ""
            takes = f" (~{duration_words(run.seconds_left)})" if run.seconds_left else ""
            lines.append(
                f"still coming: {', '.join(run.continued)}{whose}: `xpert sync` continues now{takes}; the "
                f"pipeline does so by itself on {run.next_sync}"
            )
    return lines
