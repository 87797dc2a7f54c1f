"""Demand forecasts by SKU from daily units: numbers in, numbers out, with no database and no table."""
