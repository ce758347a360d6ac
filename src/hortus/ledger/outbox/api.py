"""API operations of outbox."""

from ninja import Router

from hortus.ledger.outbox import choices_api

router = Router(tags=["outbox"])
router.add_router("", choices_api.router)
