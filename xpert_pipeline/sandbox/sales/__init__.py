"""Sales and traffic: order metrics, the report, the Data Kiosk records and the rows."""
