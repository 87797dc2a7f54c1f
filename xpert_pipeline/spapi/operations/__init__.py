"""One module for each section of the API: the operations that read records directly, in Amazon's shape."""
