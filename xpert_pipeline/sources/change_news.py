"""Asks Amazon with one page whether a change feed has changes that the table does not have yet. Loads nothing."""

from collections import Counter

from xpert_pipeline.postgres.known_rows import count_news
from xpert_pipeline.postgres.source_coverage import refusing_marketplaces
from xpert_pipeline.sources.change_spans import Feed, RecordsPage, changed_spans
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.tables.validation import SHAPE_ERRORS, validate
from xpert_pipeline.wording import counted


def first_news(run: SellerRun, feed: Feed) -> str | None:
    """Return what a run would find in the feed's changes; None if it would find nothing new.

    The question is the first page from the position of the change stream, as a run would ask. Nothing is recorded as
    followed, so a change that Amazon shows late is still found. Marketplaces that Amazon refuses are not asked about:
    the daily sync asks whether it still does.

    Raises:
        SpApiError: Amazon did not answer, or refused.
        DatabaseError: The database failed.
    """
    refusing = refusing_marketplaces(run.pool, run.seller.id, feed.tables[0].name)
    others = [market for market in run.markets if market.id in refusing]
    spans = [span for group in changed_spans(run, feed, others) for span in group]
    if not spans:
        return None
    if len(spans) > 1:
        return f"{counted(len(spans), 'span')} of changes to read"
    (span,) = spans
    window = {span.kind: (span.start, span.end)}
    page = next(feed.walk(run.client(), span.marketplace_ids, **window), None)
    if page is None:
        return None
    if not page.is_last:
        return f"more than one page of changed {feed.noun}s"
    news = _news(run, feed, span, page)
    return f"{counted(news, f'new or changed {feed.noun}')}" if news else None


def _news(run: SellerRun, feed: Feed, span: Span, page: RecordsPage) -> int:
    """Count the records that the table lacks, has in an older state, or that cannot be read."""
    table, unreadable = feed.tables[0], 0
    rows: list[Row] = []
    for record in page.records:
        try:
            market = feed.place_of(record, run.markets)
            if market in span.markets:
                rows += feed.parse(record, market, Counter())[0]
        except SHAPE_ERRORS:  # a run puts it into quarantine
            unreadable += 1
    columns = (*table.key, *([table.version] if table.version else []))
    valid, refused = validate(table, [{name: row.get(name) for name in columns} for row in rows], columns)
    return unreadable + len(refused) + count_news(run.pool, run.seller.id, table, valid)
