"""Reports and Data Kiosk queries: work that Amazon does in its own time, requested, remembered and awaited."""
