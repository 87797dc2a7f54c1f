"""Serves calls as Amazon does: access tokens, roles, usage plans, pages, errors, and the gate for all calls."""
