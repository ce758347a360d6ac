"""Good and total events by the minute."""
