"""Alerts of other programs: taken in as they were sent, and read as episodes."""
