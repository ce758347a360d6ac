"""API operations of outbox."""

from ninja import Router

from hortus.ledger.outbox import choices_api, feed_api, messages_api

router = Router(tags=["outbox"])
router.add_router("", messages_api.router)
router.add_router("", choices_api.router)
router.add_router("", feed_api.router)
