"""Reports and Data Kiosk queries, which are requested first and fetched later: APIs, stores, documents, downloads."""
