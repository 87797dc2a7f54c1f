"""Which days a Data Kiosk dataset of day grain has to ask for, and the windows that queries make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.coverage import covered_days, settled_days
from xpert_pipeline.spapi.data_kiosk import QueryDesk
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.kiosk_queries import askable
from xpert_pipeline.spapi.report_work import Work, ask
from xpert_pipeline.tables.contract import Table

RESTATED_DAYS = 14
"""Amazon restates a day for so long: a live run reads these days again."""
LOOK_BACK = 60
"""Days before today among which a live run looks for those that it has not read since Amazon stopped restating them."""
QUERIES_AHEAD = 10
"""Queries asked for at the start of a run; the burst of createQuery is 15."""
DESK = QueryDesk()


@dataclass(frozen=True)
class Window:
    """Days and the queries that together tell all of them.

    Attributes:
        days: The days, ascending, without gaps.
        requests: The queries; a later page of one is its own matter.
        works: Those asked for already, of the first requests.
        notes: For the ledger.
    """

    days: tuple[date, ...]
    requests: tuple[ReportRequest, ...]
    works: tuple[Work, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


def days_to_ask(run: SellerRun, table: Table) -> list[date]:
    """Days that are over and need asking, ascending.

    Those of the run that no load covers; of a live run also the days that Amazon restates now; and days whose last
    load is from when Amazon still restated them, which it does no more.
    """
    wanted = askable(run.days, run.today)
    lately = [run.today - timedelta(days=n) for n in range(LOOK_BACK, 0, -1)] if run.is_live else []
    candidates, about = sorted({*wanted, *lately}), (run.pool, run.seller.id, table.name)
    covered = covered_days(*about, candidates, run.seller.timezone)
    settled = settled_days(*about, candidates, run.seller.timezone, timedelta(days=RESTATED_DAYS))
    restated_now = {day for day in candidates if day >= run.today - timedelta(days=RESTATED_DAYS)}
    found = {day for day in wanted if run.refetch or day not in covered}
    return sorted(found | (covered - settled - restated_now) | (restated_now & set(lately)))


def ask_ahead(run: SellerRun, windows: Sequence[Window]) -> list[Window]:
    """The same windows, the first queries asked for: they are made while other steps of the run work."""
    places = [place for place, window in enumerate(windows) for _ in window.requests][:QUERIES_AHEAD]
    requests = [request for window in windows for request in window.requests][:QUERIES_AHEAD]
    found = list(windows)
    for place, work in zip(places, ask(run.client(), run.book(), DESK, requests), strict=True):
        found[place] = replace(found[place], works=(*found[place].works, work))
    return found
