"""How one request reaches Amazon and how its answer is read: HTTP, access tokens, retries, errors by status."""
