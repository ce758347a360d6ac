"""The process practices: one folder each."""
