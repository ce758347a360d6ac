"""Metric engines and hubs that are asked for counts."""
