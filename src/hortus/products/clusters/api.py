"""API operations of clusters: the same verbs and reads as its pages."""

from ninja import Router

router = Router(tags=["clusters"])
