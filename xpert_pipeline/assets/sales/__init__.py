"""Sales and traffic by day."""
