"""API operations of the counts of good and total events."""

from ninja import Router

router = Router(tags=["counts"])
