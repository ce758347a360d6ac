"""The reviews' part of the sample garden: two kept long ago, those of the incidents, one in writing."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.access.sample import World
from hortus.catalogue.models import Service
from hortus.follow_ups import actions as follow_ups
from hortus.follow_ups.actions import Draft
from hortus.follow_ups.models import FollowUp
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions, learning, linking, reuse, writing
from hortus.processes.incidents.reviews.models import Learning, Review
from hortus.processes.incidents.reviews.rules import Depth

DOOR = "sample"
DAY = timedelta(days=1)
SCRATCH = {
    "how": "The first metadata server stopped answering in the morning. The alert named the file system, not the "
    "server, so the lead began with the network. After the first public word the storage side restarted the *second* "
    "server, as the procedure says; it came up and waited.\n\nFor half an hour everybody took it for slow. It was "
    "waiting for a password.",
    "surprising": "The second server, which is there for this case, asks for a password when it starts. It had never "
    "been started cold since it was bought.",
    "hard": "The alert said “degraded” for something that had stopped. Whether data were safe nobody could say before "
    "the journal of the first server was read.",
    "helped": "Somebody on leave answered the phone: luck. The questions waited in the tray, so the one at the console "
    "was asked nothing for an hour.",
    "believe": "A spare that was never started cold is no spare. Read the journal of the first server before anything "
    "is restarted: it says whether data are safe.",
    "unknown": "Why the first server stopped. Its vendor has the dump.",
}  # fmt: skip
LOG_IN = {
    "how": "The gate got a new version at breakfast, after a trial from a desk on the campus, where everything worked. "
    "From outside it refused every key. The first ticket came after 20 minutes, from somebody who was at a "
    "conference.\n\nPutting the old version back took the day: its package was no longer in the mirror.",
    "surprising": "The gate treats the campus differently from everywhere else. Nobody had known, because all of us "
    "sit on the campus.",
    "hard": "Nobody could try it from outside: the person at the conference read error messages to us by telephone.",
    "helped": "The VPN had been set up for another purpose and carried everybody. That was luck, and bought.",
    "believe": "A change at the gate is tried from outside, over a telephone's line. The version before is kept where "
    "we can reach it.",
    "unknown": "Whether the transfer nodes, which have the same gate, refuse the same keys.",
}
QUOTA = {
    "how": "A clean-up script was to remove folders of projects that had ended. Its list came from the accounting, "
    "where one project had ended on paper and went on. The script asked before it began, and the list was read.",
    "surprising": "That “ended” means two things: for the accounting that the money ended, for us that the work did.",
    "believe": "Whatever removes data shows its list to somebody who knows the projects, and waits a week.",
}  # fmt: skip
LIMIT = {
    "how": "Jobs of one group waited a whole night while nodes stood idle: half of a new limit had been set.",
    "surprising": "The scheduler takes half a limit without a word.",
    "believe": "A change of limits is tried with a job of the group it is for.",
}
CERTIFICATE = {
    "how": "The certificate of the notebooks' front page was renewed by itself, but the proxy had it open and would "
    "have served the old one until it ended on Sunday. Somebody happened to look on Friday.",
}


@transaction.atomic
def plant(team: Team, world: World) -> None:
    """Plant reviews with what was learned and what follows. The world needs ten persons who are members of the team,
    and the team the catalogue's services and the sample's incidents."""
    dov, efua, hugo = world.persons[3], world.persons[4], world.persons[7]
    peat = Service.objects.get(team=team, slug="peat")
    quota = _near_miss(team, "A clean-up nearly removed a living project", world.until - 75 * DAY, efua, peat, QUOTA,
                       "“Ended” means two things: the money ended, or the work did.")  # fmt: skip
    _near_miss(team, "Half a limit kept a group waiting for a night", world.until - 52 * DAY, dov, None, LIMIT,
               "The scheduler takes half a limit without a word.")  # fmt: skip
    scratch = Review.objects.get(team=team, incidents__title="Scratch does not answer")
    _log_in(Review.objects.get(team=team, incidents__title="Nobody can log in from outside the campus"), world)
    _scratch(scratch, world)
    incident = Incident.objects.get(reviews=scratch)
    reuse.use(quota, incident.ref, by=dov, door=DOOR, at=incident.declared_at + timedelta(minutes=40))
    glasshouse = Service.objects.get(team=team, slug="glasshouse")
    began = world.until - 3 * DAY
    certificate = actions.near_miss(
        team, "A renewed certificate nearly ended all notebooks", by=hugo, door=DOOR, services=[glasshouse], at=began
    )
    writing.write(certificate, CERTIFICATE, 0, by=hugo, door=DOOR, at=began + timedelta(hours=1))


def _near_miss(
    team: Team, title: str, at: datetime, by: Person, service: Service | None, texts: Mapping[str, str], learned: str
) -> Review:
    review = actions.near_miss(team, title, by=by, door=DOOR, services=[service] if service else [], at=at)
    writing.write(review, texts, 0, by=by, door=DOOR, at=at + DAY)
    learning.learn(review, learned, by=by, door=DOOR, at=at + DAY)
    actions.share(review, by=by, door=DOOR, at=at + 2 * DAY)
    return actions.keep(review, by=by, door=DOOR, at=at + 4 * DAY)


def _log_in(review: Review, world: World) -> None:
    """Write the review of the incident at the gate, talked about once, with a follow-up that was done."""
    bram, greta = world.persons[1], world.persons[6]
    at = review.wanted_at + DAY
    actions.set_depth(review, Depth.TALK, by=bram, door=DOOR, at=at)
    writing.begin(review, by=bram, door=DOOR, at=at)
    review.refresh_from_db()
    writing.write(review, LOG_IN, review.version, by=bram, door=DOOR, at=at + DAY)
    outside = learning.learn(review, "A change at the gate is tried from outside.", by=bram, door=DOOR, at=at + 2 * DAY)
    actions.share(review, by=bram, door=DOOR, at=at + 2 * DAY)
    actions.discuss(review, by=bram, door=DOOR, at=at + 4 * DAY)
    draft = Draft("Keep a telephone with a line of its own beside the gate's runbook",
                  (at + 18 * DAY).astimezone(review.team.zoneinfo).date(), greta)  # fmt: skip
    done = learning.follow_up(review, outside, draft, by=bram, door=DOOR, at=at + 4 * DAY)
    follow_ups.do(done, by=greta, door=DOOR, at=at + 11 * DAY)
    actions.keep(review, by=bram, door=DOOR, at=at + 5 * DAY)


def _scratch(review: Review, world: World) -> None:
    """Write the review of the incident about scratch, a study, with three follow-ups: done, under way, not doing."""
    efua, farid, ines = world.persons[4], world.persons[5], world.persons[8]
    at = review.wanted_at + DAY
    actions.set_depth(review, Depth.STUDY, by=efua, door=DOOR, at=at)
    writing.begin(review, by=efua, door=DOOR, at=at)
    review.refresh_from_db()
    writing.write(review, SCRATCH, review.version, by=efua, door=DOOR, at=at + DAY)
    for text, plot in (
        ("The second server had never been started cold.", "products-care"),
        ("Its password was known to one person.", "people-care"),
        ("The alert names the file system and not the server.", "processes-care"),
    ):
        learning.contribute(review, text, plot, by=efua, door=DOOR, at=at + DAY)
    cold = learning.learn(
        review, "A spare that was never started cold is no spare.", by=efua, door=DOOR, at=at + 2 * DAY
    )
    journal = learning.learn(
        review, "The journal of the first server says whether data are safe; read it before any restart.",
        by=farid, door=DOOR, at=at + 2 * DAY,
    )  # fmt: skip
    actions.share(review, by=efua, door=DOOR, at=at + 3 * DAY)
    actions.discuss(review, by=efua, door=DOOR, at=at + 5 * DAY)

    def follows(learned: Learning, text: str, owner: Person, days: float) -> FollowUp:
        said = at + 5 * DAY
        due_on = (said + days * DAY).astimezone(review.team.zoneinfo).date()
        return learning.follow_up(review, learned, Draft(text, due_on, owner), by=efua, door=DOOR, at=said)

    done = follows(journal, "Put reading the journal first in the procedure for a dead server", farid, 10)
    follow_ups.do(done, by=farid, door=DOOR, at=at + 9 * DAY)
    follows(cold, "Start the second server cold on the next maintenance morning of Peat", efua, 30)
    dropped = follows(cold, "Buy a third metadata server", ines, 30)
    reason = "Two that both start are enough, and we would have to learn a third one."
    follow_ups.drop(dropped, reason, by=ines, door=DOOR, at=at + 12 * DAY)
    actions.keep(review, by=efua, door=DOOR, at=at + 8 * DAY)
    _changes(review, farid, at + 9 * DAY)


def _changes(review: Review, by: Person, at: datetime) -> None:
    """Link the review to the procedure that was followed that morning, and say that it helped to change it."""
    written = Event.objects.filter(team=review.team, object_kind="procedure", object_id="metadata-server").first()
    if written is not None:
        procedure = Ref("procedure", written.object_id, written.object_name)
        review.refresh_from_db()
        linking.link(review, procedure, by=by, door=DOOR, at=at)
        reuse.use(review, procedure, by=by, door=DOOR, at=at)
