"""Whether Amazon is believed when it tells nothing of days of which rows are known.

Of a single day in a document that has rows of other days it is. A whole window without a record may be an answer that
was made too early or went wrong: its rows go only when a second query, asked at least an hour later, says the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from xpert_pipeline.assets.kiosk_rows import KioskRows
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.emptied_days import days_said_empty, rows_by_day
from xpert_pipeline.spapi.report_work import State, Work
from xpert_pipeline.wording import counted, day_span

BELIEVED_AFTER = timedelta(hours=1)
"""How long after the first a second query must have been asked."""
DOUBTED = "no rows, although some are known: not believed before it is said twice"
"""What the book remembers of the queries of a window whose emptiness was not believed."""
EMPTIED = "days that became empty"


def emptied_days(run: SellerRun, rows: KioskRows, days: Collection[date]) -> dict[date, int]:
    """Days of which rows are known and none came, with how many; none if all that came was set apart."""
    if rows.fetched and not len(rows.spool):
        return {}
    known = rows_by_day(run.pool, run.scope, rows.table, days)
    return {day: count for day, count in sorted(known.items()) if day not in rows.days_told}


def is_believed(run: SellerRun, rows: KioskRows, pages: Sequence[Work], emptied: Collection[date]) -> bool:
    """Whether days may be emptied: the document tells of others, or an earlier one said the same of all of them."""
    if rows.fetched or not emptied:
        return True
    asked_at = min(page.created_at or page.written_at for page in pages)
    said = days_said_empty(
        run.pool,
        run.scope,
        rows.table.name,
        emptied,
        report_type=pages[0].request.report_type,
        reason=DOUBTED,
        before=asked_at - BELIEVED_AFTER,
    )
    return said.issuperset(emptied)


def remember_doubt(run: SellerRun, rows: KioskRows, pages: Sequence[Work], emptied: dict[date, int]) -> None:
    """Keep what is known, leave the days open, and remember what was said for the next run that asks."""
    book = run.book()
    for page in pages:
        book.note(replace(page, state=State.EMPTY, reason=DOUBTED))
    days = set(rows.asked.days).intersection(run.days)
    again = "the next run that reads them (--refetch) asks again" if run.refetch else "the next run asks again"
    known = counted(sum(emptied.values()), "row")
    run.skip(
        [rows.table.name],
        sorted(days or {max(run.days)}),
        f"{rows.table.name}: Amazon told no rows for {day_span(rows.asked.days)} although the table holds {known}; "
        f"nothing was deleted, {again}",
    )


def tell_emptied(run: SellerRun, rows: KioskRows, emptied: dict[date, int]) -> None:
    """Count and tell days whose rows are about to go because none came of them."""
    if not emptied:
        return
    rows.signals[EMPTIED] = len(emptied)
    run.log.warning(
        "seller %s: %s: Amazon told no rows %sfor %s of %s of which rows are known: %s deleted",
        run.seller.amazon_seller_id,
        rows.table.name,
        "" if rows.fetched else "for the second time ",
        counted(len(emptied), "day"),
        day_span(emptied),
        counted(sum(emptied.values()), "row"),
    )
