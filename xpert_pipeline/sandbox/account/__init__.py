"""The health of the seller's account."""
