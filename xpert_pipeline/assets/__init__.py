"""The assets, one file per domain; fetching lives in `spapi`, writing in `postgres`, row contracts in `tables`."""
