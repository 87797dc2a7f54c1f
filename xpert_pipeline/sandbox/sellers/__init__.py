"""The seller's account."""
