"""What sellers plan with: the pattern of the seasons, and forecasts of demand."""
