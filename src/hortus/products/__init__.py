"""The product practices: one folder each."""
