"""Follow-ups: what somebody said they would do by a day, whichever practice it came from."""
