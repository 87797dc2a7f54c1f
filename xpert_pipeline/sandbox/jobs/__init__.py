"""Reports and Data Kiosk queries: requested first, fetched later. Their APIs, stores, documents and downloads."""
