"""Predicts from the token buckets which source delivers a span of data soonest."""
