"""Probes that the worker runs on a schedule."""
