"""Kind 6: tables computed from other tables, for the days whose inputs changed, or as their history.

SQL computes them; where a model has to be fitted, SQL gathers what it needs and Python computes the rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Self

from xpert_pipeline.postgres.computed import Computation
from xpert_pipeline.postgres.coverage import covered_days, followed_until
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.sql_files import more_days, transform
from xpert_pipeline.progress import loaded
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.marketplaces import MARKETPLACES
from xpert_pipeline.spapi.planning.planner import BucketLevels
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted, day_span

FOLLOWED_RECENTLY = timedelta(hours=1)
"""How recently a change stream must have been followed to count as current when tables are derived."""


@dataclass(frozen=True, kw_only=True)
class Derived(Source):
    """A table that `sql/transforms/<table>.sql` computes from other tables.

    A run computes the days whose inputs changed, yesterday and today; a run of past days, or one that asks Amazon for
    everything again, computes all its days. With a `subject`, of a changed day only the subjects that changed are
    computed. After a change of the SQL or of a parameter, the next run computes all days that there are. If a changed
    day changes other days of the table as well (windows, months), `sql/transforms/<table>.days.sql` names them. A table
    without a day holds the present state: it is computed as a whole, and past days have no history.

    Attributes:
        table: Its row contract.
        subject: The column of its key that narrows a change, such as the SKU, if a row depends on input rows of the
            same subject alone. The triggers of the inputs name the column, too (`xpert_watch`), and the transform reads
            `dirty (business_date, subject)`.
        complete_when: Tables whose days must be loaded for a day to be complete.
        parameters: Values of the transform's parameters; settings of the same names replace them. If one changes, all
            days are computed again.
        compute: Computes the rows where SQL cannot, as tuples in the order of the table's columns, from the rows of the
            transform and the parameters. It is a pure function. Only for a table without a day: it is computed as a
            whole when the transform returns anything new.
        version: Changes when `compute` gives other rows for the same input.
        keeps_history: Whether the table is a history of the present state of other tables. The transform then returns
            only the rows to write, and no row is ever deleted. Only a run of today computes it.
    """

    table: Table
    subject: str | None = None
    complete_when: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    compute: Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any]], Iterable[tuple[Any, ...]]] | None = None
    version: str = ""
    keeps_history: bool = False

    rank: ClassVar[int] = 3
    prepares: ClassVar[bool] = False

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table."""
        return (self.table,)

    @property
    def is_refetchable(self) -> bool:
        """Derived days are always computed again."""
        return False

    @property
    def is_derived(self) -> bool:
        """True: the table is computed from other tables."""
        return True

    def configured(self, settings: Mapping[str, Any]) -> Self:
        """Return the source with the settings that it has parameters for."""
        return replace(self, parameters={name: settings.get(name, value) for name, value in self.parameters.items()})

    def prepare(self, run: SellerRun) -> None:
        """Do nothing: a derived table needs no request."""

    def sync(self, run: SellerRun, prepared: Any) -> None:
        """Recompute every day whose inputs changed, yesterday and today, or continue the history."""
        if self.keeps_history:
            for market in run.markets:
                run.outcome(self.table.name).no_history(market.id, market.today if market.is_live else date.max)
            if not run.is_live:
                return
        with run.lease(self.table.name) as lease:
            counts = derive(
                run.pool,
                seller_id=run.seller.id,
                table=self.table,
                statement=transform(self.table.name),
                more_days=more_days(self.table.name),
                parameters=self.parameters,
                subject=self.subject,
                lease=lease,
                run_id=run.run_id,
                requested_days=run.days,
                computed_days=self._days_in_any_case(run),
                timezones={place.id: place.timezone for place in MARKETPLACES},
                started_at=datetime.now(UTC),
                inputs=(*self.after, self.table.name),
                deletes=not self.keeps_history,
                computation=Computation(self.version, self.compute) if self.compute else None,
                again=bool(run.options.refetching),
            )
        loaded(run.who, {self.table.name: counts})
        for market in run.markets:
            if self.table.day is None:
                run.outcome(self.table.name).no_history(market.id, market.today if market.is_live else date.max)
            self._report_incomplete(run, market)

    def _days_in_any_case(self, run: SellerRun) -> list[date]:
        """Return the days to compute even if no input of theirs changed.

        Today has readings of the present state; so has yesterday, if they were taken before midnight.
        """
        if not run.is_live or run.options.refetching:
            return list(run.days)
        return sorted({day for market in run.markets if market.is_live for day in (market.yesterday, market.today)})

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Return nothing: a derived table needs no request."""
        return []

    def complete_days(self, run: SellerRun) -> Mapping[str, int]:
        """Derived days are always computed again."""
        return {}

    def _report_incomplete(self, run: SellerRun, market: Market) -> None:
        """Report days whose inputs are not all loaded, so that nobody mistakes their figures for complete ones."""
        for table in self.complete_when:
            position = followed_until(run.pool, market.scope, table) if market.is_live else None
            until = position if position and datetime.now(UTC) - position < FOLLOWED_RECENTLY else None
            # A table without a stream of changes gets a day when it is over.
            days = [day for day in market.days_until_today if position or day < market.today]
            loaded = covered_days(run.pool, market.scope, table, days, until)
            if lacking := [day for day in days if day not in loaded]:
                run.skip([self.table.name], market, lacking, self._incomplete_text(run, market, table, lacking))

    def _incomplete_text(self, run: SellerRun, market: Market, table: str, lacking: Sequence[date]) -> str:
        return (
            f"{self.table.name}{run.place_of(market)}: not all {table} for {day_span(lacking)} "
            f"({counted(len(lacking), 'day')}) are loaded. The next sync loads those of the last 30 days; run xpert "
            f"backfill --from {min(lacking)} --to {max(lacking)} to load all. {self.table.name} is then recomputed"
        )
