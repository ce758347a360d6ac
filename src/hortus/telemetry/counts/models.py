"""Tables of the counts of good and total events."""
