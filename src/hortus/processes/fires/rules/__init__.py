"""Plain rules of fires: which of them are of a kind, and what can be answered. No Django, no clock."""
