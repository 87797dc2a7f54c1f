"""The seller feedback report; its header is in the language of the store."""

from collections.abc import Iterator
from datetime import date

from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.opinions import Rating, ratings
from xpert_pipeline.sandbox.world.records import World

NOON = 43_200
HEADERS = {
    "de": ("Datum", "Bewertung", "Kommentare", "Ihre Antwort", "Bestellnummer", "E-Mail des Bewerters"),
    "en": ("Date", "Rating", "Comments", "Your Response", "Order ID", "Rater Email"),
}


def _found(world: World, report: Report) -> Iterator[Rating]:
    for rating in ratings(world, report.created):
        noon = STORES[rating.marketplace_id].midnight(rating.day) + NOON
        if rating.marketplace_id in report.marketplace_ids and report.start <= noon < report.end:
            yield rating


def _write(content: ReportInput) -> Iterator[str]:
    language = STORES[content.report.marketplace_ids[0]].language[:2]
    yield "\t".join(HEADERS.get(language, HEADERS["en"])) + "\r\n"
    for rating in _found(content.world, content.report):
        day = date.fromordinal(rating.day).strftime("%m/%d/%y")
        words = rating.words.replace("\t", " ")
        yield "\t".join((day, str(rating.stars), words, "", rating.order_id, "buyer@marketplace.example")) + "\r\n"


SELLER_FEEDBACK = ReportKind(
    name="GET_SELLER_FEEDBACK_DATA",
    roles=("Selling Partner Insights",),
    content_type="text/tab-separated-values",
    count=lambda world, report: sum(1 for _ in _found(world, report)),
    write=_write,
    minimum_seconds=None,
)
