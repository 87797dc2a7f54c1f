"""Returns of customers, to Amazon and to the seller."""
