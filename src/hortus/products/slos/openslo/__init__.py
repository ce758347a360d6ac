"""Objectives as files: OpenSLO, Sloth and Prometheus rules. No Django."""
