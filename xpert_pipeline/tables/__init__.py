"""Row contracts and keys of every table; what a row means lives here, how it is fetched or written does not."""
