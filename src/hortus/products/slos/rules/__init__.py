"""The arithmetic of objectives on plain values and arrays: no Django, no clock."""
