"""Template tags of the clusters practice."""
