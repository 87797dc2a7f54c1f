"""Learns what Amazon gives to a seller, from the outcome of each step and from one cheap call a day.

`postgres.source_coverage` keeps it. An error that is no refusal teaches nothing: the last answer stays. The gate sends
a refused request again before it believes the refusal, so one odd 403 changes nothing here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg_pool import ConnectionPool

from xpert_pipeline.postgres.ledger import run_counts
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.source_coverage import (
    AVAILABLE,
    EMPTY,
    NO_HISTORY,
    NOT_AVAILABLE,
    NOT_GRANTED,
    Coverage,
    Learnt,
    coverage_of,
    has_rows,
    keep_coverage,
)
from xpert_pipeline.sources.roles import refusal_of
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.source import Probe, Source
from xpert_pipeline.spapi.errors import NotGranted, SpApiError, Stopped
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.tables.contract import Table

PROBED_EVERY = timedelta(hours=20)
"""A daily sync asks for the role of a source from which it needed nothing. It does not start at the same second."""
NO_RECORDS = "Amazon has no records of it"
NOTHING_TO_ASK = "nothing is known yet that it could be asked for"
NOTHING_PAST = "Amazon keeps only the present state: the next sync that includes today reads it"
Place = tuple[str, str]
"""A table and a marketplace."""


def learn(run: SellerRun, source: Source, *, has_asked: bool) -> Mapping[Place, Coverage]:
    """Keep what a step has learnt; return what is known of its tables.

    Args:
        run: The seller's run, after the source's work.
        source: The source.
        has_asked: Whether the step called the source's operations.
    """
    before = _known(run.pool, run.seller, source)
    answers = {} if has_asked or source.is_derived else _probed(run, source, before)
    learnt = [
        each
        for table in source.tables
        for marketplace_id in run.seller.marketplace_ids
        for each in _of_step(run, source, table, marketplace_id, before, answers, has_asked=has_asked)
    ]
    keep_coverage(run.pool, run.seller.id, learnt)
    return _known(run.pool, run.seller, source)


def learn_from_answer(
    pool: ConnectionPool, seller: Seller, source: Source, marketplace_ids: Sequence[str], answer: Probe | NotGranted
) -> Mapping[Place, Coverage]:
    """Keep what one call has learnt of some marketplaces; return what is known of the source's tables."""
    before = _known(pool, seller, source)
    learnt = [
        _of_answer(pool, seller, source, table, marketplace_id, before, answer)
        for table in source.tables
        for marketplace_id in marketplace_ids
    ]
    keep_coverage(pool, seller.id, learnt)
    return _known(pool, seller, source)


def granted_at(coverage: Coverage | None) -> datetime | None:
    """When Amazon last granted the source; None if it never did."""
    return coverage.granted_at if coverage else None


def _known(pool: ConnectionPool, seller: Seller, source: Source) -> dict[Place, Coverage]:
    tables = {table.name for table in source.tables}
    return {(each.table, each.marketplace_id): each for each in coverage_of(pool, seller.id) if each.table in tables}


def _of_step(
    run: SellerRun,
    source: Source,
    table: Table,
    marketplace_id: str,
    before: Mapping[Place, Coverage],
    answers: Mapping[str, Probe | NotGranted],
    *,
    has_asked: bool,
) -> Iterator[Learnt]:
    outcome, place = run.outcome(table.name), (table.name, marketplace_id)
    facts: dict[str, Any] = {"table": table.name, "marketplace_id": marketplace_id, "source": origin(source)}
    if not source.is_offered_in(marketplace_id):
        reason = f"Amazon does not offer it on {by_id(marketplace_id).domain}"
        yield Learnt(**facts, state=NOT_AVAILABLE, reason=reason)
    elif outcome.refused & {marketplace_id, "*"}:
        reason, advice = refusal_of(source, granted_at(before.get(place)))
        yield Learnt(**facts, state=NOT_GRANTED, reason=reason, what_to_do=advice)
    elif marketplace_id in answers:
        yield _of_answer(run.pool, run.seller, source, table, marketplace_id, before, answers[marketplace_id])
    elif (
        has_asked or source.is_derived or marketplace_id in run_counts(run.pool, run.seller.id, run.run_id, table.name)
    ):
        is_granted = not source.is_derived
        if has_rows(run.pool, run.seller.id, marketplace_id, table):
            yield Learnt(**facts, state=AVAILABLE, is_granted=is_granted)
        elif source.is_derived:
            yield Learnt(**facts, **_why_not_derived(run, source, marketplace_id))
        elif outcome.lacking.get(marketplace_id):  # requested, but not loaded yet
            yield Learnt(**facts, state=AVAILABLE, is_granted=is_granted, reason=outcome.reason)
        else:
            reason = outcome.why_empty.get(marketplace_id, NO_RECORDS)
            yield Learnt(**facts, state=EMPTY, is_granted=is_granted, reason=reason)
    elif place not in before or before[place].state == EMPTY:
        yield Learnt(**facts, **_unasked(run, source, table, marketplace_id, before.get(place)))


def _of_answer(
    pool: ConnectionPool,
    seller: Seller,
    source: Source,
    table: Table,
    marketplace_id: str,
    before: Mapping[Place, Coverage],
    answer: Probe | NotGranted,
) -> Learnt:
    facts: dict[str, Any] = {"table": table.name, "marketplace_id": marketplace_id, "source": origin(source)}
    known = before.get((table.name, marketplace_id))
    if isinstance(answer, NotGranted):
        reason, advice = refusal_of(source, granted_at(known))
        return Learnt(**facts, state=NOT_GRANTED, reason=reason, what_to_do=advice)
    if has_rows(pool, seller.id, marketplace_id, table):
        return Learnt(**facts, state=AVAILABLE, is_granted=True)
    if answer.count:
        return Learnt(**facts, state=AVAILABLE, is_granted=True, reason="the next sync loads it")
    if known is not None and known.state in (EMPTY, NO_HISTORY):
        return Learnt(**facts, state=known.state, is_granted=True, reason=known.reason)
    if answer.count == 0:
        return Learnt(**facts, state=EMPTY, is_granted=True, reason=answer.if_none or NO_RECORDS)
    return Learnt(**facts, state=AVAILABLE, is_granted=True, reason="the next sync loads it")


def _why_not_derived(run: SellerRun, source: Source, marketplace_id: str) -> dict[str, Any]:
    """The state of a derived table without rows: that of the tables that it is computed from."""
    inputs = _inputs(run, source, marketplace_id)
    for state in (NOT_GRANTED, NOT_AVAILABLE):
        if lacking := [each for each in inputs if each.state == state]:
            names = ", ".join(each.table for each in lacking)
            reason = f"it is computed from {names}: {lacking[0].reason}"
            return {"state": state, "reason": reason, "what_to_do": lacking[0].what_to_do}
    return {"state": EMPTY, "reason": f"{', '.join(source.after)} have nothing that it could be computed from"}


def _unasked(
    run: SellerRun, source: Source, table: Table, marketplace_id: str, known: Coverage | None
) -> dict[str, Any]:
    """The state of a table that nothing was asked for: what it holds, or why there was nothing to ask."""
    if has_rows(run.pool, run.seller.id, marketplace_id, table):
        return {"state": AVAILABLE}
    if _keeps_no_history(run, table, marketplace_id):
        return {"state": NO_HISTORY, "reason": NOTHING_PAST}
    for each in _inputs(run, source, marketplace_id):
        if each.state in (NOT_GRANTED, NOT_AVAILABLE):
            return {
                "state": EMPTY,
                "reason": f"it is asked for what {each.table} has: {each.reason}",
                "what_to_do": each.what_to_do,
            }
    answered = known.reason if granted_at(known) and known else None
    return {"state": EMPTY, "reason": run.outcome(table.name).reason or answered or NOTHING_TO_ASK}


def _inputs(run: SellerRun, source: Source, marketplace_id: str) -> list[Coverage]:
    """What is known of the tables that are loaded before a source."""
    return [
        each
        for each in coverage_of(run.pool, run.seller.id)
        if each.table in source.after and each.marketplace_id == marketplace_id
    ]


def _keeps_no_history(run: SellerRun, table: Table, marketplace_id: str) -> bool:
    first = run.outcome(table.name).no_history_before.get(marketplace_id)
    return first is not None and bool(run.days) and run.days[-1] < first


def _probed(run: SellerRun, source: Source, before: Mapping[Place, Coverage]) -> dict[str, Probe | NotGranted]:
    """The answers of one call for each live marketplace of which nothing was heard for a day."""
    answers: dict[str, Probe | NotGranted] = {}
    table, now = source.tables[0].name, datetime.now(UTC)
    for market in run.where_offered(source.marketplaces).markets:
        known = before.get((table, market.id))
        is_refused = run.outcome(table).refused & {market.id, "*"}
        if not market.is_live or is_refused or (known and now - known.checked_at < PROBED_EVERY):
            continue
        try:
            answer: Probe | NotGranted | None = source.probe(run.client(), market, run.client().server_now())
        except NotGranted as error:
            answer = error
        except Stopped:
            raise
        except SpApiError as error:
            run.log.warning("seller %s: %s: could not ask whether it is granted: %s", run.who, table, error)
            break
        if answer is not None:
            answers[market.id] = answer
        if isinstance(answer, Probe) and answer.count is None:  # it shows only the role: the same everywhere
            return dict.fromkeys(run.seller.marketplace_ids, answer)
    return answers


def origin(source: Source) -> str:
    """What fills a source's tables."""
    return "derived" if source.is_derived else ", ".join(source.origins)
