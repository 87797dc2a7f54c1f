"""The operations that read records directly, in Amazon's shape; one module for each section of the API."""
