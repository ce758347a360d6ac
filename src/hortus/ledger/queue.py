"""The lease queue: background work that survives kill -9, as a backend of Django's Tasks interface."""

from django_tasks.backends.immediate import ImmediateBackend


class LeaseBackend(ImmediateBackend):
    """Placeholder until the queue stands."""
