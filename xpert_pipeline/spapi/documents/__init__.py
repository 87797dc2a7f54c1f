"""The files in which Amazon delivers reports and query results: downloaded, checked, and read row by row."""
