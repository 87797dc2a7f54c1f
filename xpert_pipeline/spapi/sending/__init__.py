"""How a request reaches Amazon and how its answer is read: HTTP, tokens, retries, errors by status."""
