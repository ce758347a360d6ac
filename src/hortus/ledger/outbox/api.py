"""API operations of outbox."""

from ninja import Router

router = Router(tags=["outbox"])
