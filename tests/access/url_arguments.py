"""What the generated access tests put into URLs and bodies: one maker for each argument of each app.

A new URL with a new argument fails tests/access/test_policy.py until its maker stands here. A maker gets the
scene, may create the object (it is called inside a transaction that is rolled back), and returns the argument.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import compress

from django.utils import timezone

from hortus.access import actions, closed_actions
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.catalogue import bulletins, planned_work, window_repeats
from hortus.catalogue.models import Function, PlannedWork, Service, Subscriber
from hortus.follow_ups import actions as follow_ups
from hortus.garden.indicators import INDICATORS
from hortus.ledger.outbox import destinations
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.models import Message
from hortus.ledger.queue_models import QueuedTask, TaskState
from hortus.ledger.refs import Ref
from hortus.processes.fires import actions as fires
from hortus.processes.fires.models import Kindling
from hortus.processes.incidents import actions as incidents
from hortus.processes.incidents import questions
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions as reviews
from hortus.processes.incidents.reviews import learning
from hortus.processes.incidents.reviews.models import Link, Review
from hortus.processes.procedures import actions as procedures
from hortus.processes.procedures import markdown, runs
from hortus.processes.procedures.models import Procedure, Run
from hortus.products.clusters.models import Promise
from hortus.products.slos import actions as slos
from hortus.products.slos import slis
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.models import Exclusion, Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.telemetry.alerts import actions as alert_actions
from hortus.telemetry.alerts.models import AlertSource
from hortus.telemetry.alerts.models import Episode as AlertEpisode
from hortus.telemetry.alerts.models import Notice as AlertNotice
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines.models import Engine, EngineQuery, Hub, Poll
from hortus.telemetry.models import BatchImport, Cluster
from hortus.telemetry.probes.models import Probe
from hortus.values.plots import PLOTS


@dataclass(frozen=True)
class Scene:
    """A team, its lead, and who is about to ask (the same lead where that does not matter)."""

    team: Team
    lead: Person
    asker: Person


Maker = Callable[[Scene], object]
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def _news(scene: Scene) -> object:
    about = Ref("incident", "1", "Scratch does not answer")
    return bulletins.publish(scene.team, about, about.name, [], trying="x", by=scene.lead, door="test").thread_id


def _subscriber(scene: Scene) -> object:
    given = {"email": "object@example.org", "asked_at": AT, "confirmed_at": AT}
    return Subscriber.objects.create(team=scene.team, **given).pk


def _membership(scene: Scene) -> object:
    person, _ = Person.objects.get_or_create(email="object@example.org", defaults={"name": "Object"})
    found = Membership.objects.filter(team=scene.team, person=person).first()
    return (found or actions.add_member(scene.team, person, Role.MEMBER, by=scene.lead)).pk


def _cluster(team: Team) -> Cluster:
    return Cluster.objects.get_or_create(team=team, name="alder")[0]


def _import(scene: Scene) -> object:
    result = dict.fromkeys(("read", "new", "known", "rejected", "updated", "steps", "repeated"), 0) | {
        "reasons": {}, "lines": {}, "skipped": {}, "notes": [], "first": None, "last": None, "zone": "UTC",
        "format": "sacct",
    }  # fmt: skip
    return BatchImport.objects.create(
        team=scene.team, cluster=_cluster(scene.team), by=scene.lead, source_name="x", format="sacct", zone="UTC",
        began_at=AT, ended_at=AT, result=result,
    ).pk  # fmt: skip


def _promise(scene: Scene) -> object:
    team = scene.team
    return Promise.objects.create(team=team, cluster=_cluster(team), wait_seconds=3600, source="A word.").pk


def _service(scene: Scene) -> object:
    given = {"name": "Alder", "sort": "cluster", "sentence": "Runs jobs.", "owner": scene.lead}
    return Service.objects.get_or_create(team=scene.team, slug="alder", defaults=given)[0].slug


def _function(scene: Scene) -> Function:
    given = {"name": "Scratch", "sentence": "Use it.", "confirm_every_seconds": 3600, "added_at": AT}
    return Function.objects.get_or_create(team=scene.team, slug="scratch", defaults=given)[0]


def _work(scene: Scene) -> object:
    now = timezone.now()
    plan = planned_work.Plan("Work", [_function(scene)], now, now + timedelta(hours=1))
    found = PlannedWork.objects.filter(team=scene.team).first()
    return (found or planned_work.announce(scene.team, plan, by=scene.lead, door="web")).pk


def _repeating(scene: Scene) -> object:
    begin = timezone.now() + timedelta(days=20)
    plan = planned_work.Plan("Updates", [_function(scene)], begin, begin + timedelta(hours=1))
    return window_repeats.repeat(scene.team, plan, "FREQ=MONTHLY", by=scene.lead, door="web").pk


def _probe(scene: Scene) -> object:
    given = {"name": "Front door", "kind": "tcp", "parameters": {"host": "example.org", "port": 443}}
    return Probe.objects.get_or_create(team=scene.team, slug="front-door", defaults=given)[0].slug


def _engine(scene: Scene) -> Engine:
    given = {"name": "Metrics", "url": "http://127.0.0.1:9"}  # closed to us: whoever tries it asks no name server
    return Engine.objects.get_or_create(team=scene.team, slug="metrics", defaults=given)[0]


def _series(scene: Scene, name: str, source: str) -> Series:
    return Series.objects.get_or_create(team=scene.team, name=name, defaults={"source": source})[0]


def _asked(scene: Scene) -> object:
    series = _series(scene, "requests", "engine")
    EngineQuery.objects.get_or_create(engine=_engine(scene), series=series, defaults={"good": "x", "total": "x"})
    return series.pk


def _hub(scene: Scene) -> object:
    series = _series(scene, "notebooks", "hub")
    given = {"name": "Hub", "url": "http://hub.example.org/hub/metrics", "threshold_seconds": 30, "series": series}
    return Hub.objects.get_or_create(team=scene.team, slug="hub", defaults=given)[0].slug


def _poll(scene: Scene) -> object:
    cluster = _cluster(scene.team)
    Poll.objects.get_or_create(cluster=cluster, defaults={"team": scene.team, "since": AT})
    return cluster.name


def _alert_source(scene: Scene) -> AlertSource:
    held = AlertSource.objects.filter(team=scene.team, slug="alertmanager").first()
    details = alert_actions.Details("Alertmanager", "alertmanager")
    return held or alert_actions.add_source(scene.team, details, by=scene.lead, door="test")[0]


def _alert_notice(scene: Scene) -> AlertNotice:
    given = {"received_at": AT, "packed": compress(b"{"), "size_bytes": 1, "fault": "The body is no JSON."}
    return AlertNotice.objects.create(team=scene.team, source=_alert_source(scene), **given)


def _alert_episode(scene: Scene) -> object:
    given = {"life": "firing", "title": "x", "first_at": AT, "seen_at": AT, "changed_at": AT, "seen_count": 1}
    known = {"team": scene.team, "source": _alert_source(scene), "identity": "x", "key": "y"}
    return AlertEpisode.objects.get_or_create(**known, defaults=given)[0].pk


def _sli(scene: Scene) -> Sli:
    held = Sli.objects.filter(team=scene.team, slug="answers").first()
    draft = SliDraft("Answers", "It answers.")
    return held or slis.create(scene.team, draft, by=scene.lead, door="test", slug="answers")


def _objective(scene: Scene) -> object:
    held = Objective.objects.filter(team=scene.team, slug="answers").first()
    draft = ObjectiveDraft("Answers", [(_sli(scene), Decimal(1))], Decimal("0.99"))
    return (held or slos.create(scene.team, draft, by=scene.lead, door="test", slug="answers")).slug


def _exclusion(scene: Scene) -> object:
    given = {"sort": "planned", "began_at": AT, "minutes": 60, "zone": "UTC", "reason": "x"}
    return Exclusion.objects.create(team=scene.team, by=scene.lead, **given).pk


def _fire(scene: Scene) -> object:
    return fires.note(scene.team, fires.Noted(), by=scene.lead, door="test").pk


def _card(scene: Scene) -> object:
    card, _ = Kindling.objects.get_or_create(team=scene.team, subject="tag:cooling", defaults={"opened_at": AT})
    return card.pk


def _follow_up(scene: Scene) -> object:
    draft = follow_ups.Draft("Write it down", timezone.now().date() + timedelta(days=9))
    return follow_ups.add(scene.team, draft, Ref("test", "1", "A test"), by=scene.lead, door="test").pk


def _destination(scene: Scene) -> object:
    held = Destination.objects.filter(team=scene.team, slug="program").first()
    given = {"name": "Program", "sort": "webhook", "url": "https://hooks.example.org/x"}
    return (held or destinations.add(scene.team, **given, by=scene.lead, door="test")[0]).slug


def _message(scene: Scene) -> object:
    given = {"topic": "x", "subject": "x", "object_kind": "team", "object_id": "1", "made_at": AT}
    return Message.objects.create(team=scene.team, **given).pk


def _incident(scene: Scene) -> object:
    held = Incident.objects.filter(team=scene.team).first()
    return (held or incidents.declare(scene.team, "Nobody can log in", by=scene.lead, door="web")).number


def _question(scene: Scene) -> object:
    incident = Incident.objects.get(team=scene.team, number=_incident(scene))
    return questions.ask(incident, "Is my data safe?", by=scene.lead, door="test").pk


def _review(scene: Scene) -> Review:
    held = Review.objects.filter(team=scene.team).first()
    return held or reviews.near_miss(scene.team, "The disk nearly ran full", by=scene.lead, door="test")


def _learned(scene: Scene) -> object:
    return learning.learn(_review(scene), "Growth is slow.", by=scene.lead, door="test").pk


def _factor(scene: Scene) -> object:
    return learning.contribute(_review(scene), "Nobody looked.", by=scene.lead, door="test").pk


def _link(scene: Scene) -> Link:
    known = {"team": scene.team, "object_name": "Restart a server", "by": scene.lead, "at": AT}
    named = {"object_kind": "procedure", "object_id": "restart-a-server"}
    return Link.objects.get_or_create(review=_review(scene), **named, defaults=known)[0]


def _procedure(scene: Scene) -> Procedure:
    held = Procedure.objects.filter(team=scene.team).first()
    content = markdown.read("# Drain a node\n## Drain it {#drain}\n").content
    return held or procedures.write(scene.team, content, by=scene.lead, door="test")


def _version(scene: Scene) -> object:
    return _procedure(scene).versions.get().number


def _run(scene: Scene) -> Run:
    held = Run.objects.filter(team=scene.team).first()
    return held or runs.plan(_procedure(scene), by=scene.lead, door="test")


# App, then argument of its URLs.
ARGUMENTS: dict[str, dict[str, Maker]] = {
    "access": {
        "membership": _membership,
        "closed": lambda scene: closed_actions.add(scene.team, AT.date(), None, "Holiday", by=scene.lead).pk,
        "invitation": lambda scene: actions.invite(scene.team, by=scene.lead, role="guest")[0].pk,
        "token": lambda scene: actions.make_token(scene.team, scene.asker, name="x", scopes=["read"])[0].pk,
    },
    "catalogue": {
        "slug": _service,
        "function": lambda scene: _function(scene).slug,
        "work": _work,
        "repeating": _repeating,
        "news": _news,
        "thread": _news,
        "subscriber": _subscriber,
    },
    "outbox": {"slug": _destination, "message": _message},
    "garden": {
        "plot": lambda scene: PLOTS[0].slug,
        "indicator": lambda scene: INDICATORS[0].slug,
    },
    "clusters": {
        "name": lambda scene: _cluster(scene.team).name,
        "id": _import,
        "raw_id": lambda scene: "1",
        "submitted": lambda scene: 1,
        "attempt": lambda scene: 1,
    },
    "probes": {"slug": _probe, "kind": lambda scene: "http"},
    "alerts": {
        "slug": lambda scene: _alert_source(scene).slug,
        "token": lambda scene: _alert_source(scene).tokens.order_by("pk").values_list("pk", flat=True)[0],
        "episode": _alert_episode,
        "notice": lambda scene: _alert_notice(scene).pk,
    },
    "engines": {"slug": lambda scene: _engine(scene).slug, "series": _asked, "hub": _hub, "cluster": _poll},
    "slos": {
        "slug": _objective,
        "exclusion": _exclusion,
        "id": _exclusion,
        "form": lambda scene: "openslo",
        "sli": lambda scene: _sli(scene).slug,
    },
    "fires": {"fire": _fire, "card": _card},
    "follow_ups": {"follow_up": _follow_up},
    "follow-ups": {"follow_up": _follow_up},
    "reviews": {
        "number": lambda scene: _review(scene).number,
        "incident": _incident,
        "learning": _learned,
        "factor": _factor,
        "link": lambda scene: _link(scene).pk,
        "kind": lambda scene: _link(scene).object_kind,
        "id": lambda scene: _link(scene).object_id,
    },
    "procedures": {
        "procedure": lambda scene: _procedure(scene).slug,
        "slug": lambda scene: _procedure(scene).slug,
        "version": _version,
        "number": lambda scene: _run(scene).number,
    },
    "incidents": {
        "question": _question,
        "number": _incident,
        "role": lambda scene: "deputy",
        "person": lambda scene: scene.asker.pk,
    },
    "ledger": {"task": lambda scene: QueuedTask.objects.create(path="x.y", state=TaskState.DEAD).pk},
}

# Where one argument name means different things in one app: by the URL's or the operation's path.
BY_PATH: dict[str, Maker] = {
    "promises/{id}": _promise,
    "slis/{slug}": lambda scene: _sli(scene).slug,
    "versions/{number}": _version,
}

# What only exists after real work (a job, rows behind a reading): whoever may read gets 404 for want of it.
ABSENT = {
    "POST /sli/events", "clusters:job", "garden:rows-csv", "GET /teams/{team}/indicators/{indicator}/rows",
    "slos:slices", "slos:slices-csv",
}  # fmt: skip

# Bodies of API operations where the smallest body that the schema allows would not be understood.
BODIES: dict[str, Any] = {
    "POST /teams/{team}/runs/{number}/words": {
        "words": [{"id": "00000000-0000-4000-8000-000000000000", "key": "do", "digest": "a", "said": "done"}]
    },
    "POST /teams/{team}/invitations": {"role": "guest"},
    "POST /teams/{team}/closed-days": {"name": "x", "first_on": "2026-12-24"},
    "POST /teams/{team}/objectives": {"name": "x", "parts": [{"sli": "answers"}], "target_ratio": 0.9},
    "PUT /teams/{team}/objectives/{slug}": {"name": "x", "parts": [{"sli": "answers"}], "target_ratio": 0.9},
    "POST /teams/{team}/exclusions": {
        "sort": "agreed",
        "began_at": "2026-03-02T10:00:00Z",
        "minutes": 1,
        "reason": "x",
    },
    "POST /teams/{team}/kindling/{card}/answer": {"answer": "not-ours", "sentence": "x"},
    "POST /teams/{team}/objective-files": {"files": [{"name": "x.yaml", "text": "a: 1"}]},
    "POST /teams/{team}/older-incidents": {"files": [{"text": "# Nothing"}]},
    "POST /teams/{team}/destinations": {"name": "Room", "sort": "chat", "url": "https://chat.example.org/x"},
    "PUT /teams/{team}/destinations/{slug}": {"name": "Program"},
    "POST /teams/{team}/engines": {"name": "Metrics 2", "url": "http://metrics.example.org"},
    "PUT /teams/{team}/engines/{slug}": {"name": "Metrics", "url": "http://metrics.example.org"},
    "POST /teams/{team}/engines/{slug}/queries": {"name": "q", "good": "x", "total": "x"},
    "PATCH /teams/{team}/members/{membership}": {"role": "guest"},
}
