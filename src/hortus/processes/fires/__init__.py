"""Fires and kindling: interrupts, where they come from, and what they have in common."""
