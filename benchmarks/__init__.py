"""Measurements of the figures that the design promises, one command each. Not part of the installed package."""
