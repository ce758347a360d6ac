"""Arithmetic of procedures on plain values: steps and their differences, how the steps of a run stand, its course."""
