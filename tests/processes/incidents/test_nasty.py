"""Nasty input at every form and operation of incidents, reviews and follow-ups: answered, never a fault of our own."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import URLPattern

from hortus.access.models import Person, Team
from hortus.follow_ups import actions as follow_ups
from hortus.follow_ups import urls as of_follow_ups
from hortus.ledger import clock
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, merging, questions
from hortus.processes.incidents import urls as of_incidents
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions as reviews
from hortus.processes.incidents.reviews import learning, linking
from hortus.processes.incidents.reviews import urls as of_reviews
from hortus.processes.incidents.words import Said, update
from hortus.processes.procedures import actions as procedures
from hortus.processes.procedures import markdown

pytestmark = pytest.mark.django_db

NASTY = (
    "", " ", "\0", "a\x01b", "\x7f", "\ufffe", "😀" * 3, "x" * 20_000, "-1", "9" * 40, "1e400", "null", "[]",
    "0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01", "9999-12-31", "2026-03-08T02:30", "25:61", "+00:00",
    "<script>alert(1)</script>", "{{ 1 }} %s {0}", "../../etc/passwd", "https://[::1", "/t/rcd/incidents/1/", "1", "on",
)  # fmt: skip
FIELDS = (
    "sentence", "service", "alert", "again", "client_key", "text", "urgency", "reason", "person", "role", "url",
    "words", "into", "title", "services", "functions", "severity", "origin", "tags", "began_at", "began_which",
    "detected_at",
    "detected_which", "entered_later", "cannot", "can", "instead", "trying", "data_safe", "running_jobs", "due_in",
    "due_at", "which", "then", "headline", "stays", "is_public", "seen", "state", "known", "long", "f-scratch", "a-1",
    "said", "how", "surprising", "hard", "helped", "believe", "unknown", "version", "depth", "signs", "writer",
    "learning", "factor", "plot", "owner", "due_on", "address", "zone", "texts", "what",
)  # fmt: skip

ASKED = (
    "state", "service", "since", "until", "page", "q", "shelf", "for", "seen", "known", "whole", "alert", "again",
)  # fmt: skip
ANSWERS = (200, 302, 400, 404, 405)  # 400: a NUL, which no page takes


def _arguments(team: Team, by: Person) -> dict[str, dict[str, Any]]:
    """Return what the addresses of each app name, each of something that is there."""
    incident = actions.declare(team, "Nobody can log in", by=by, door="web")
    update(incident, Said(trying="We look."), by=by, door="web")
    questions.ask(incident, "Is data safe?", by=by, door="web")
    other = actions.declare(team, "Nobody can log in at all", by=by, door="web")
    merging.merge(other, incident, by=by, door="web")
    review = reviews.near_miss(team, "The disk nearly ran full", by=by, door="web")
    learned = learning.learn(review, "It fills slowly.", by=by, door="web")
    factor = learning.contribute(review, "Nobody looked.", by=by, door="web")
    about = procedures.write(team, markdown.read("# Clear the disk\n## Look {#look}\n").content, by=by, door="web").ref
    linking.link(review, about, by=by, door="web")
    day = clock.now().date() + timedelta(days=9)
    follow_up = follow_ups.add(team, follow_ups.Draft("Look", day), Ref("review", "1", "x"), by=by, door="web")
    return {
        "incidents": {"number": incident.number, "role": "lead", "person": by.pk},
        "reviews": {
            "number": review.number,
            "incident": incident.number,
            "learning": learned.pk,
            "factor": factor.pk,
            "link": review.links.get().pk,
        },
        "follow_ups": {"follow_up": follow_up.pk},
    }


def _paths(team: Team, by: Person) -> list[str]:
    known, found = _arguments(team, by), []
    for app in (of_incidents, of_reviews, of_follow_ups):
        for pattern in app.urlpatterns:
            assert isinstance(pattern, URLPattern)
            names = pattern.pattern.converters
            arguments = {name: known[app.app_name][name] for name in names if name != "team"}
            found.append(reverse(f"{app.app_name}:{pattern.name}", kwargs={"team": team.slug, **arguments}))
    return found


def _mixed(names: tuple[str, ...], turn: int) -> dict[str, str]:
    """Return another nasty value for each field; over all turns each field gets many of them."""
    return {name: NASTY[(7 * place + turn) % len(NASTY)] for place, name in enumerate(names)}


@pytest.mark.parametrize("turn", range(2))
def test_every_form_answers_whatever_is_sent(team: Team, member: Person, as_member: Client, turn: int) -> None:
    paths = _paths(team, member)
    assert len(paths) > 50
    for path in paths:
        given = _mixed(FIELDS, turn * 13) | ({"trying": "We look.", "then": ""} if turn % 2 else {})
        assert as_member.post(path, given).status_code in ANSWERS, (path, given)
    for number in Incident.objects.values_list("number", flat=True):
        assert as_member.get(f"/t/rcd/incidents/{number}/").status_code == 200


def test_every_list_answers_whatever_is_asked(team: Team, member: Person, as_member: Client) -> None:
    for path in _paths(team, member):
        asked = {name: value[:1000] for name, value in _mixed(ASKED, 3).items()}
        assert as_member.get(path, asked).status_code in ANSWERS, (path, asked)
