"""The faults of listings: searches and reports that look complete but are not."""

from xpert_pipeline.sandbox.faults import FaultKind

SEARCH, REPORT = "listings search", "listings report"
"""Places: a page of searchListingsItems, and the merchant listings report."""
SHORT_PAGE, SHORT_REPORT = "listings-page-short", "listings-report-short"

FAULTS = (
    FaultKind(SHORT_PAGE, SEARCH, "a search counts all listings, but ends without a token after half of the page"),
    FaultKind(SHORT_REPORT, REPORT, "the merchant listings report is DONE with its header and half of its lines"),
)
