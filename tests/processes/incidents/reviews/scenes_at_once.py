"""Scenes of two persons who act on a review or a follow-up in the same moment; prints what came of each."""

import json
from datetime import timedelta

from django.utils import timezone

from hortus.access.models import Membership, Team
from hortus.follow_ups import actions as follow_ups
from hortus.follow_ups.actions import Draft
from hortus.follow_ups.models import FollowUp
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions as incidents
from hortus.processes.incidents.reviews import actions, entering, linking, writing
from hortus.processes.incidents.reviews.models import Link, Review, Revision
from hortus.values.refused import Refused
from tests.processes.incidents.reviews.test_older import LOG
from tests.processes.incidents.scenes_at_once import together


def _saw(result: object) -> str:
    if isinstance(result, Refused):
        return result.code
    return f"fault: {result!r}" if isinstance(result, Exception) else "done"


def main() -> None:
    """Play all scenes in the first team that is no sample."""
    team = Team.objects.filter(is_sample=False).get()
    by = Membership.objects.filter(team=team).select_related("person").order_by("pk")[0].person
    review = actions.near_miss(team, "Nearly", by=by, door="test")
    wrote = together([
        lambda: writing.write(review, {"how": "One."}, 0, by=by, door="test"),
        lambda: writing.write(review, {"how": "Two."}, 0, by=by, door="test"),
        lambda: writing.write(review, {"hard": "Three."}, 0, by=by, door="test"),
    ])  # fmt: skip
    draft = Draft("Do it", timezone.now().date() + timedelta(days=9))
    made = follow_ups.add(team, draft, Ref("test", "1", "x"), by=by, door="test")
    ended = together([
        lambda: follow_ups.do(made, by=by, door="test"), lambda: follow_ups.drop(made, "No.", by=by, door="test"),
    ])  # fmt: skip
    files = [("log.md", LOG.encode())]
    entered = together([lambda: entering.enter(team, files, by=by, door="test")] * 2)
    hour = timezone.now() - timedelta(hours=1)
    old, _ = incidents.enter_later(team, "Old", began_at=hour, resolved_at=hour, by=by, door="test")
    wanted = together([lambda: actions.want(old, by=by, door="test")] * 4)
    about = Ref("procedure", "restart", "Restart")
    linked = together([lambda: linking.link(review, about, by=by, door="test")] * 4)
    links = Link.objects.filter(review=review).count()
    unlinked = together([lambda: linking.unlink(review, about.kind, about.id, by=by, door="test")] * 3)
    review.refresh_from_db()
    print(json.dumps({
        "wrote": sorted(map(_saw, wrote)), "how": review.how, "hard": review.hard,
        "versions": Revision.objects.filter(review=review).count(),
        "ended": sorted(map(_saw, ended)), "state": FollowUp.objects.get(pk=made.pk).state,
        "endings": Event.objects.about("follow-up", str(made.pk)).filter(verb__in=["done", "dropped"]).count(),
        "entered": sorted(one.count("entered") if isinstance(one, entering.Entered) else -1 for one in entered),
        "wanted": sorted({_saw(one) for one in wanted}), "of_old": Review.objects.of_incident(old).count(),
        "linked": sorted(map(str, linked)), "links": links, "unlinked": sorted(map(_saw, unlinked)),
        "told": Event.objects.about("review", str(review.number)).filter(verb__in=["linked", "unlinked"]).count(),
        "numbers": list(Review.objects.filter(team=team).order_by("number").values_list("number", flat=True)),
    }))  # fmt: skip
