"""Serves calls as Amazon does: tokens, roles, usage plans, pages, errors, and the way through the gate."""
