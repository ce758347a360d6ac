"""API operations of probes."""

from ninja import Router

router = Router(tags=["probes"])
