"""Telemetry: raw events and the sources that fill them. No judgement about good or bad."""
