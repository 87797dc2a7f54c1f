"""The sandbox about itself: what Amazon does not have."""
