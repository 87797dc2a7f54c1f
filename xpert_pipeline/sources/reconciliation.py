"""Reconciliation: checks that compare what two tables say about the same thing.

A `Reconciliation` is declared in `assets/reconciliations/` and listed in `assets/registry.py`. It is an asset check
that runs after its tables. For the sandbox every figure must be equal; for a real seller a tolerance may apply, with
its reason. What cannot be compared yet is said and does not fail.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import LiteralString

import dagster as dg

from xpert_pipeline.partitions import days_of_run
from xpert_pipeline.postgres.check_results import CheckResult, newest_results
from xpert_pipeline.postgres.comparing import DIFFERENT, EQUAL, OPEN, TOLERATED, Judged, judge_pairs
from xpert_pipeline.postgres.coverage import covered_days, first_load_started
from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.sources.checks import asset_check, markets_of
from xpert_pipeline.sources.roles import ROLE_GRANTED
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.seller_results import check_all_sellers
from xpert_pipeline.wording import counted, day_span

RECENT, MOST = 30, 92
"""Days before today that are always compared, and the most days that one check compares."""
SHOWN = 5
"""Maximum number of differences that a sentence lists."""
ANY = Decimal("Infinity")
"""A tolerance that shows every difference and never fails."""


@dataclass(frozen=True)
class Side:
    """One of the two figures that are compared.

    Attributes:
        table: The table that holds it.
        what: What it is, if the table and the name of the figure do not say it: "opening and movements".
    """

    table: str
    what: str = ""

    @property
    def words(self) -> str:
        """The side in a sentence."""
        return f"{self.table} ({self.what})" if self.what else self.table


@dataclass(frozen=True)
class Tolerance:
    """How far two figures of a real seller may differ.

    Attributes:
        why: Why they differ although nothing is wrong, as a sentence without its full stop.
        absolute: Largest tolerated difference; `ANY` shows a difference but never fails.
        share: Largest tolerated difference as a share of the larger figure, such as 0.01.
        family: The family of pairs that it is about; None for pairs without one.
    """

    why: str
    absolute: Decimal = Decimal(0)
    share: Decimal = Decimal(0)
    family: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """Two figures that must be equal.

    Attributes:
        name: Name of the check.
        meaning: What is true if it passes.
        left: The first figure.
        right: The second figure. Dagster shows the check beside its table.
        pairs: SQL that returns one row for each pair of a marketplace, with exactly these columns:

            - day: the day that both figures are about;
            - key: what they are about, in words: `'SKU ' || sku`;
            - figure: name of the figure, such as `units` or `product sales`;
            - left_value, right_value: the figures; NULL = the table has no such row, which is a difference;
            - currency: of amounts, else NULL. Join on it: amounts of two currencies are never compared;
            - family: which tolerance applies, or NULL;
            - reason: why this pair cannot be compared, or NULL. The check counts such pairs by reason.

            The parameters are `%(seller_id)s`, `%(marketplace_id)s`, `%(timezone)s` and `%(days)s`, a list of dates.
            Read only these days; the check calls the statement once for each marketplace.
        complete_by: Tables that must be loaded for a day to be compared; `left` and `right` if they are loaded by day.
        also: Further tables that the statement reads.
        settled: Age from which Amazon no longer changes a day; younger days are compared in the sandbox only.
        tolerances: What may differ for a real seller, and why; at most one for each family. None apply to the sandbox.
    """

    name: str
    meaning: str
    left: Side
    right: Side
    pairs: LiteralString
    complete_by: tuple[str, ...]
    also: tuple[str, ...] = ()
    settled: timedelta = timedelta(0)
    tolerances: tuple[Tolerance, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that the check reads; the first one shows it."""
        return tuple(dict.fromkeys((self.right.table, self.left.table, *self.complete_by, *self.also)))


@dataclass
class Found:
    """What was compared for one seller.

    Attributes:
        days: Days that were compared, in any marketplace.
        counts: Number of pairs by state.
        differences: A sentence for each difference that is listed.
        notes: What is tolerated or cannot be compared, and why.
    """

    days: set[date] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((EQUAL, TOLERATED, DIFFERENT, OPEN), 0))
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """Number of pairs that were compared."""
        return sum(self.counts.values()) - self.counts[OPEN]


def build_reconciliations(
    reconciliations: Iterable[Reconciliation], tables: Iterable[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the check of each reconciliation whose tables are all filled by this code location."""
    known = set(tables)
    return [_build_check(each) for each in reconciliations if known.issuperset(each.tables)]


def _build_check(each: Reconciliation) -> dg.AssetChecksDefinition:
    own, *others = each.tables

    @asset_check(own, name=each.name, description=each.meaning, additional_deps=others)
    def check(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        compared = 0

        def examine(seller: Seller) -> CheckResult:
            nonlocal compared
            found = reconcile(postgres.pool, seller, each, days_of_run(context.run.tags))
            compared += found.compared
            return result_of(each, found)

        result = check_all_sellers(context, postgres, own, each.name, examine, dg.AssetCheckSeverity.WARN)
        return result._replace(metadata={**result.metadata, "pairs_compared": dg.IntMetadataValue(compared)})

    return check


def reconcile(pool: Pool, seller: Seller, each: Reconciliation, days: Sequence[date] = ()) -> Found:
    """Compare the figures of one seller.

    Args:
        pool: The pipeline's pool.
        seller: The seller.
        each: What to compare.
        days: Days of the run; the last days are compared in any case, because Amazon restates them.
    """
    found = Found()
    for market in markets_of(seller):
        if missing := _missing(pool, market, each):
            found.notes.append(missing)
            continue
        ready = _ready_days(pool, seller, market, each, days, found)
        if ready:
            found.days.update(ready)
            tolerances = (
                [] if seller.is_sandbox else [(one.family, one.absolute, one.share, one.why) for one in each.tolerances]
            )
            judged = judge_pairs(pool, market.scope, each.pairs, ready, tolerances, shown=SHOWN)
            _add(found, market, each, judged)
    return found


def result_of(each: Reconciliation, found: Found) -> CheckResult:
    """The result of the check for one seller."""
    return CheckResult(passed=not found.counts[DIFFERENT], sentence=_sentence(each, found))


def _missing(pool: Pool, market: Market, each: Reconciliation) -> str | None:
    """Say which table was never loaded in the marketplace, and that its role is missing if that is the reason."""
    for table in each.tables:
        if first_load_started(pool, market.scope, table) is None:
            role = newest_results(pool, table, ROLE_GRANTED).get(market.scope.seller_id)
            why = f": {role.sentence}" if role and not role.passed else " yet"
            return f"{table} is not loaded for {market.place.domain}{why}"
    return None


def _ready_days(
    pool: Pool,
    seller: Seller,
    market: Market,
    each: Reconciliation,
    days: Sequence[date],
    found: Found,
) -> list[date]:
    """Return the days that can be compared, and note why others cannot."""
    last = {market.today - timedelta(days=number) for number in range(1, RECENT + 1)}
    asked = sorted({day for day in days if day < market.today} | last)[-MOST:]
    loaded = {table: covered_days(pool, market.scope, table, asked) for table in each.complete_by}
    known = set().union(*loaded.values())
    for table, covered in loaded.items():
        if lacking := known - covered:
            found.notes.append(
                f"{counted(len(lacking), 'day')} ({day_span(lacking)}) not loaded in {table} for {market.place.domain}"
            )
    ready = known.intersection(*loaded.values())
    if not seller.is_sandbox and (young := {day for day in ready if market.today - day < each.settled}):
        age = counted(each.settled.days, "day")
        found.notes.append(f"{counted(len(young), 'day')} younger than {age}, which Amazon may still change")
        ready -= young
    return sorted(ready)


def _add(found: Found, market: Market, each: Reconciliation, judged: Sequence[Judged]) -> None:
    for place, pair in enumerate(judged):
        if pair.state == DIFFERENT:
            found.differences.append(_difference(market, each, pair))
        is_first = not place or (judged[place - 1].state, judged[place - 1].cause) != (pair.state, pair.cause)
        if is_first:
            found.counts[pair.state] += pair.number
            if pair.state == TOLERATED:
                found.notes.append(f"{counted(pair.number, 'difference')} tolerated: {pair.cause}")
            if pair.state == OPEN:
                found.notes.append(f"{counted(pair.number, 'figure')} not comparable: {pair.cause}")


def _difference(market: Market, each: Reconciliation, pair: Judged) -> str:
    """Name day, key and both figures: "2026-11-28 on Amazon.in, SKU BOOK-1: orders has 3 units, traffic 2 (1 less)"."""
    when = f"{pair.day} on {market.place.domain}" if pair.day else market.place.domain
    left, right = (_value(value, pair) for value in (pair.left_value, pair.right_value))
    change = ""
    if pair.left_value is not None and pair.right_value is not None:
        difference = pair.right_value - pair.left_value
        change = f" ({_number(abs(difference), pair.currency)} {'more' if difference > 0 else 'less'})"
    return f"{when}, {pair.key}: {each.left.words} has {left}, {each.right.words} {right}{change}"


def _value(value: Decimal | None, pair: Judged) -> str:
    if value is None:
        return f"no {pair.figure}"
    money = f" {pair.currency}" if pair.currency else ""
    return f"{_number(value, pair.currency)}{money} {pair.figure}"


def _number(value: Decimal, currency: str | None) -> str:
    """Format a figure: amounts with two decimals or more, other numbers with as many as they need."""
    shown = f"{value:,f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    whole, _, part = shown.partition(".")
    return f"{whole}.{part:0<2}" if currency else shown


def _sentence(each: Reconciliation, found: Found) -> str:
    notes = "".join(f"; {note}" for note in dict.fromkeys(found.notes))
    names = " and ".join(dict.fromkeys((each.left.words, each.right.words)))
    if not found.compared:
        return f"nothing to compare in {names}{notes}"
    compared = f"{counted(found.compared, 'figure')} of {counted(len(found.days), 'day')} compared in {names}"
    number = found.counts[DIFFERENT]
    if not number:
        return f"{compared}, {'all equal' if not found.counts[TOLERATED] else 'none differs too much'}{notes}"
    more = f"; and {number - SHOWN} more" if number > SHOWN else ""
    differ = "differs" if number == 1 else "differ"
    return f"{compared}, {number:,} {differ}: {'; '.join(found.differences[:SHOWN])}{more}{notes}"
