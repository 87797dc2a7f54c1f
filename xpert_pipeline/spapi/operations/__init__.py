"""One module for each API section: iterators over what an operation returns, in Amazon's shape."""
