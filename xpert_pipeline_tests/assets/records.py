"""Records that Amazon's pages and look-ups return, and what a source makes of one that has changed."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from xpert_pipeline.postgres.subjects import subjects_due
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.collect import collecting
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_reading import row_of
from xpert_pipeline.spapi.operations.batch import Subject

SPAN = timedelta(days=20)


@dataclass(frozen=True)
class Sample:
    """The first records of a source, as its parser gets them, and the longest of them."""

    source: Any
    record: Any
    parse: Callable[[Any], Any]
    records: Sequence[Any]


@dataclass
class Read:
    """What a source made of a record: rows by table, and why it was rejected."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


def sample_of(source, pool, api, market):
    """Ask Amazon for records of a source; None if it has none, or reads documents."""
    if isinstance(source, Snapshot):
        page = next(source.pages.walk(api, market.id, None))
        lookup = source.pages.lookup
        details = lookup.counterparts(api, market.id, page.records) if lookup else [None] * len(page.records)
        return _sample(source, list(zip(page.records, details, strict=True)), row_of(source, market))
    if isinstance(source, ChangeFeed):
        now = datetime.now(UTC)
        walk = source.feed.walk(api, (market.id,), created=(now - SPAN, now - source.feed.settling))
        records = [record for page in walk for record in page.records]
        return _sample(source, records, lambda record: source.feed.parse(record, market, Counter()))
    if isinstance(source, BatchLookup) and source.is_offered_in(market.id):
        due = subjects_due(pool, market.scope, source.table.name, source.subjects, timedelta(0))[: source.batch]
        subjects = {name: Subject(name, facts) for name, facts in due}
        answers = source.ask(api, market.id, [*subjects.values()])
        pairs = [(subjects[answer.subject], record) for answer in answers for record in answer.records]
        return _sample(source, pairs, lambda pair: _looked_up(source, pair, market))
    return None


def _sample(source, records, parse):
    assert records, f"the world has no record for {source.step}"
    return Sample(source, max(records, key=lambda record: len(json.dumps(record, default=str))), parse, records)


def _looked_up(source, pair, market):
    subject, record = pair
    rows = [source.parse(record, subject, market)]
    return (rows, source.lines.parse(record, subject, market)) if source.lines else (rows,)


def read(sample, record, folder):
    """Let a source read a record."""
    return read_all(sample, [record], folder)


def read_all(sample, records, folder):
    """Let a source read the records of a page."""
    with collecting(folder, sample.source.tables, sample.parse) as (_, collector):
        found = Read()
        for part in collector.parts:
            part.watchers.append(found.rows.setdefault(part.table.name, []).extend)
        collector.add(records)
        for part in collector.parts:
            found.reasons += [reject.reason for reject in part.rejects]
        return found


def leaves(value, path=()):
    """Every path to a value in a record that is no list and no object."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    elif not isinstance(value, Subject):
        yield path, value


def turned(value):
    """A copy of a record with the fields of every object in the opposite order; lists keep theirs."""
    if isinstance(value, dict):
        return {name: turned(inner) for name, inner in reversed(value.items())}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(turned(inner) for inner in value)
    return value


def replaced(value, path, new):
    """A copy of a record with another value at a path."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, dict):
        return {name: replaced(inner, rest, new) if name == first else inner for name, inner in value.items()}
    changed = [replaced(inner, rest, new) if place == first else inner for place, inner in enumerate(value)]
    return tuple(changed) if isinstance(value, tuple) else changed
