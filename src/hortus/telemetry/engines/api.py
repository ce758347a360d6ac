"""API operations of metric engines, hubs and schedulers that are asked for counts."""

from ninja import Router

router = Router(tags=["engines"])
