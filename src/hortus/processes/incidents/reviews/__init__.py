"""Post-incident reviews: what was learned, and where it was used again."""
