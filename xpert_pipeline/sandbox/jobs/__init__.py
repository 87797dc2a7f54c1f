"""What is asked for and fetched later: reports and Data Kiosk queries, their stores, documents and downloads."""
