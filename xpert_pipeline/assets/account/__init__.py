"""How Amazon judges the seller's account."""
