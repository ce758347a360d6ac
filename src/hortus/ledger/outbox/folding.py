"""Which texts go into one letter: decided once, at the first try, so that a repeat says the same under the same id."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from hortus.ledger.outbox import rules
from hortus.ledger.outbox.models import Delivery
from hortus.ledger.outbox.objections import objection


def told_with(delivery: Delivery, now: datetime) -> Sequence[Delivery]:
    """Return the later deliveries of the same lane whose texts go with this one's, oldest first; mark new ones so.

    Call inside the transaction that begins the try, with the delivery's row locked.
    """
    if delivery.attempts:
        return list(Delivery.objects.due().filter(folded_into=delivery).select_related("message").order_by("pk"))
    after = Delivery.objects.due().filter(lane=delivery.lane, pk__gt=delivery.pk, folded_into=None, attempts=0)
    due = after.filter(Q(not_before=None) | Q(not_before__lte=now)).select_related("message", "team").order_by("pk")
    wanted = [one for one in due[: rules.MOST_FOLDED] if _is_wanted(one, now)]
    folded = rules.told_together(delivery.lane, wanted)
    Delivery.objects.filter(pk__in=[one.pk for one in folded]).update(folded_into=delivery)
    return folded


def _is_wanted(delivery: Delivery, now: datetime) -> bool:
    """Say whether a message is still to be sent; one that is not is ended by its own task."""
    try:
        return not objection(delivery, now)
    except KeyError:
        return False
