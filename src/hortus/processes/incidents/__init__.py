"""Incidents: declared, told about at the promised times, resolved."""
