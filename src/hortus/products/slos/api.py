"""API operations of service level objectives."""

from ninja import Router

router = Router(tags=["slos"])
