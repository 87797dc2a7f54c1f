"""The name of the method of forecasting, apart from its modules, which need numpy."""

MODEL = "shrunk_rates_1"
"""Its number changes when the same history would get another forecast."""
