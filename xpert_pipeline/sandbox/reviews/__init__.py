"""Customer feedback on products, and feedback on the seller."""
