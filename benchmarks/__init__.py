"""Measurements of the figures that the design promises, one command each; no part of the installed package."""
