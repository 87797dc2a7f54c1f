"""Sends one request to Amazon and reads the answer: HTTP, access tokens, retries, errors by status."""
