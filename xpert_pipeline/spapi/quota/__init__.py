"""Amazon's usage plans and the token buckets that pace every request."""
