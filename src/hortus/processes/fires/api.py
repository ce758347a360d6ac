"""API operations of fires."""

from ninja import Router

router = Router(tags=["fires"])
