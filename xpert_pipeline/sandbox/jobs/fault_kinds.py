"""The faults of reports, Data Kiosk queries and their documents, and the places where they strike."""

from xpert_pipeline.sandbox.faults import FaultKind

REPORT, AGAIN, CONTENT, QUERY, DOCUMENT, LINES = "report", "again", "content", "query", "document", "lines"
"""Places: the end of a report, an equal report requested again, the content of a report, a query that is created, the
bytes of any document, and the lines of a query's document. Faults in content, bytes and lines strike the download."""

REPORT_FAULTS = (
    FaultKind("report-fatal", REPORT, "a report ends FATAL, with a document that gives the reason"),
    FaultKind("report-cancelled", REPORT, "a report ends CANCELLED although there is data"),
    FaultKind("report-stuck", REPORT, "a report stays IN_QUEUE"),
    FaultKind("report-slow", REPORT, "a report takes ten times as long"),
    FaultKind("report-too-often", AGAIN, "a report ends CANCELLED because an equal one was DONE before"),
    FaultKind("cp1252-report", CONTENT, "the document is in windows-1252, and its Content-Type says so"),
    FaultKind("truncated-gzip", DOCUMENT, "the document ends in the middle"),
    FaultKind("multi-member-gzip", DOCUMENT, "the document is two gzip members, one after the other"),
    FaultKind("double-gzip", DOCUMENT, "the document is compressed twice, once as Content-Encoding"),
    FaultKind("expired-document-url", DOCUMENT, "403 from the storage: the address has expired"),
)
QUERY_FAULTS = (
    FaultKind("query-fatal", QUERY, "a query ends FATAL, with a document that gives the reason"),
    FaultKind("query-stuck", QUERY, "a query stays IN_QUEUE"),
    FaultKind("query-500", QUERY, "createQuery answers 500 InternalFailure for no reason"),
    FaultKind("kiosk-null-entries", QUERY, "a query's lists begin with null; some lists and one line are null"),
    FaultKind("kiosk-lag", QUERY, "a query does not see the last three days yet"),
    FaultKind("kiosk-zero-sales", QUERY, "a query reports sales of 0 for the last three days; charges and visits stay"),
    FaultKind("kiosk-gzip", LINES, "a query's document is gzip, declared as Content-Encoding"),
    FaultKind("malformed-jsonl", LINES, "one line of a query's document is cut off"),
)
