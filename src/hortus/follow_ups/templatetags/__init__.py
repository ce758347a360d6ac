"""Template tags of follow-ups."""
