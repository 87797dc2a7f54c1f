"""The sandbox's own endpoints, which Amazon does not have."""
