"""API operations of follow ups."""

from ninja import Router

router = Router(tags=["follow-ups"])
