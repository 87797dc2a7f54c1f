"""The order in which a run loads its sources."""

from collections.abc import Sequence

from xpert_pipeline.sources.source import Source


def in_order_of_work(sources: Sequence[Source]) -> list[Source]:
    """Return sources in the order in which a run loads them.

    Of the steps that are ready, Dagster starts the one with the highest priority, and of those the one that has been
    ready for longest.
    """
    left, ready, order = sorted(sources, key=lambda source: source.step), list[Source](), list[Source]()
    names, done = {table.name for source in sources for table in source.tables}, set[str]()
    while left or ready:
        ready += [source for source in left if not {*source.after} & names - done] or left[: not ready]
        left = [source for source in left if source not in ready]
        first = max(ready, key=lambda source: source.priority)
        ready.remove(first)
        order.append(first)
        done |= {table.name for table in first.tables}
    return order


def tables_in_order(sources: Sequence[Source]) -> list[str]:
    """Return the names of the tables in the order in which a run loads them."""
    return [table.name for source in in_order_of_work(sources) for table in source.tables]
