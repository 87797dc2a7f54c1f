"""Columns of the report GET_LEDGER_SUMMARY_VIEW_DATA that not every document has, or that name the row."""

from xpert_pipeline.spapi.documents.flat_files import FlatColumn

COLUMNS = (FlatColumn("MSKU"), FlatColumn("Store", is_optional=True))
OPTIONS = {"aggregatedByTimePeriod": "DAILY", "aggregateByLocation": "COUNTRY"}
"""Without them, Amazon adds up months."""
