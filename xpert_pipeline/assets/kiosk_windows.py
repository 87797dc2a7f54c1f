"""Which days a Data Kiosk dataset of day grain has to ask for, and the windows that queries make of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.coverage import covered_days, days_read
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.spapi.data_kiosk import QueryDesk
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.kiosk_queries import askable, days_of
from xpert_pipeline.spapi.report_asking import ask
from xpert_pipeline.spapi.report_work import LIVE_WITHIN, State, Work
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted, day_span

RESTATED_DAYS = 14
"""Amazon restates a day for so long: a live run reads these days again."""
LOOK_BACK = 60
"""Days before today among which a live run looks for those that it has not read since Amazon stopped restating them."""
REPAIRED_DAYS = 30
"""Days before today among which a live run reads those that no load covers: they failed, or could not be had then."""
READ_LATELY = timedelta(hours=6)
"""Amazon renews the figures once a day: restated days that were read within this time are not read again."""
QUERIES_AHEAD = 10
"""Queries asked for at the start of a run; the burst of createQuery is 15."""
GIVEN_UP = "given up: its days are asked for anew"
DESK = QueryDesk()
FIRST_LOADED = """
select min(window_start) from loads
where seller_id = %s and table_name in ('orders', %s) and window_kind = 'created'
"""


@dataclass(frozen=True)
class Window:
    """Days and the queries that together tell all of them.

    Attributes:
        days: The days, ascending, without gaps.
        requests: The queries; a later page of one is its own matter.
        works: Those asked for already, of the first requests.
        asins: The ASINs that the queries are about; None for all products that there are.
    """

    days: tuple[date, ...]
    requests: tuple[ReportRequest, ...]
    works: tuple[Work, ...] = ()
    asins: frozenset[str] | None = None

    @property
    def notes(self) -> Mapping[str, Any]:
        """What the ledger keeps of it."""
        return {} if self.asins is None else {"asins": len(self.asins)}


def open_days(run: SellerRun, table: Table) -> list[date]:
    """Days that are over and need asking, ascending.

    Those of the run that no load covers; of a live run also the days that Amazon restates now, unless they were read
    within hours; days whose last load is from when Amazon still restated them, which it does no more; and days of the
    last 30 that no load covers, but none before the first that was ever loaded of orders or of the table.
    """
    wanted = askable(run.days, run.today)
    lately = [run.today - timedelta(days=n) for n in range(LOOK_BACK, 0, -1)] if run.is_live else []
    restatement = timedelta(days=RESTATED_DAYS)
    days, about = sorted({*wanted, *lately}), (run.pool, run.scope, table.name)
    covered = covered_days(*about, days)
    settled = days_read(*about, days, age=restatement)
    just_read = days_read(*about, days, since=datetime.now(UTC) - READ_LATELY)
    restated_now = {day for day in days if day >= run.today - restatement}
    missing = {day for day in wanted if run.refetch or day not in covered}
    first = _first_loaded(run, table)
    left_out = {day for day in lately[-REPAIRED_DAYS:] if day >= first} - covered
    again = (covered - settled - restated_now) | (restated_now.intersection(lately) - just_read)
    return sorted(missing | left_out | again)


def plan_windows(run: SellerRun, table: Table, plan: Callable[[Sequence[date]], list[Window]]) -> list[Window]:
    """Windows for the open days, the first queries asked for: they are made while other steps of the run work."""
    windows = plan(open_days(run, table))
    if run.refetch:
        _give_up_older(run, windows)
    return _ask_ahead(run, windows)


def _give_up_older(run: SellerRun, windows: Sequence[Window]) -> None:
    """Queries that an earlier run left behind of days that are read anew: collected later, they brought old figures."""
    anew = {(request.report_type, day) for window in windows for request in window.requests for day in window.days}
    for work in run.book().unfinished(DESK.kind, sorted({kind for kind, _ in anew}), LIVE_WITHIN):
        if anew.intersection((work.request.report_type, day) for day in days_of(work.request)):
            run.book().note(replace(work, state=State.FATAL, reason=GIVEN_UP))
            run.log.warning(
                "seller %s: %s of %s is given up, since days of it are read anew; what else of it is not read "
                "by the next sync wants a backfill",
                run.seller.amazon_seller_id,
                work,
                day_span(days_of(work.request)),
            )


def ask_for(run: SellerRun, requests: Sequence[ReportRequest]) -> list[Work]:
    """Ask Data Kiosk; what an earlier run left behind serves, but never what was loaded already: days are read anew."""
    return ask(run.client(), run.book(), DESK, requests, done_within=timedelta(0))


def to_read(days: int, queries: int) -> str:
    """What a run sets out to do."""
    return f"{counted(days, 'day')} to read by {counted(queries, 'query', 'queries')} of Data Kiosk"


def _first_loaded(run: SellerRun, table: Table) -> date:
    """First day that was ever loaded of the table or of orders; today if there is none."""
    with tenant(run.pool, run.seller.id) as connection:
        row = connection.execute(FIRST_LOADED, (run.seller.id, table.name)).fetchone()
    return row[0].astimezone(run.zone).date() if row and row[0] else run.today


def _ask_ahead(run: SellerRun, windows: Sequence[Window]) -> list[Window]:
    """Ask for as many as can go at once: nothing else of the run shall wait for tokens that the rest would need."""
    room = max(0, min(QUERIES_AHEAD, int(run.client().level("createQuery"))))
    places = [place for place, window in enumerate(windows) for _ in window.requests][:room]
    requests = [request for window in windows for request in window.requests][:room]
    found = list(windows)
    for place, work in zip(places, ask_for(run, requests), strict=True):
        found[place] = replace(found[place], works=(*found[place].works, work))
    return found
