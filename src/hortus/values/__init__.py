"""Pure values that every floor may use: states, readings, plots, refusals. No Django, no clock."""
