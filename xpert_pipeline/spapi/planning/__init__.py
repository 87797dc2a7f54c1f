"""Which source delivers a span of data soonest, predicted from the token buckets."""
