"""Kind 4: Data Kiosk datasets of day grain, and what their records have in common."""
