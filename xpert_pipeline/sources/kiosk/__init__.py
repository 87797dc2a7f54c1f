"""Kind 4: Data Kiosk datasets with daily records, and helpers to read the records."""
