"""Tables of incidents: what happened, who leads, what was said, what was promised and asked. Verbs are in actions*.py.

The timeline of an incident is no table of its own: it is the ledger's events about it. The tables of what is noted
beside it are in `note_models`; they are imported here because Django looks for tables in this module.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Prefetch, Q

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.catalogue.models import Function, Service
from hortus.ledger.refs import Ref
from hortus.processes.incidents.note_models import Link, OfIncident, Question, Receipt, Surprise
from hortus.processes.incidents.rules import Course, State
from hortus.processes.incidents.rules_clock import Mode, Stage
from hortus.values.origin import Origin

__all__ = [
    "LIVE", "OPEN", "Incident", "IncidentQuerySet", "Link", "OfIncident", "Promise", "PromisedQuerySet", "Question",
    "Receipt", "RoleHeld", "Surprise", "Update", "newest_number",
]  # fmt: skip

OPEN = [state.value for state in State if state.is_open]
LIVE = [*OPEN, State.REPORTED.value]


class IncidentQuerySet(TeamScoped):
    """Questions about incidents."""

    kind = Kind.INCIDENT

    def open(self) -> Self:
        """Return those that are active or contained: somebody leads them and the next word is promised."""
        return self.filter(state__in=OPEN)

    def live(self) -> Self:
        """Return those that are open, and those that are only reported."""
        return self.filter(state__in=LIVE)

    def shown(self) -> Self:
        """Return them with what a list shows of each, in a fixed number of queries: as `leads` and `standing`, too."""
        lead = RoleHeld.objects.filter(role=RoleHeld.Role.LEAD, until=None).select_related("person")
        standing = Promise.objects.filter(ended_at=None)
        return self.select_related("team", "merged_into", "came_back_of").prefetch_related(
            "services", "functions", Prefetch("roles", lead, to_attr="leads"),
            Prefetch("promises", standing, to_attr="standing"),
        )  # fmt: skip

    def told_in_public(self) -> Self:
        """Return those of which at least one update was published."""
        return self.filter(is_public=True)


class Incident(models.Model):
    """Something that keeps users from their work. number: counted in the team, its name in addresses.

    title: the one sentence it was declared with. is_public: an update of it was published. entered_later: its times
    were written down afterwards, so their order is not minded.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="incidents")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State])
    state_since = models.DateTimeField()
    severity = models.CharField(max_length=40, blank=True)
    origin = models.CharField(max_length=12, choices=[(o.value, o.word) for o in Origin], blank=True, default="")
    tags = models.JSONField(default=list)
    services = models.ManyToManyField(Service, related_name="incidents")
    functions = models.ManyToManyField(Function, related_name="incidents")
    began_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    declared_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    entered_later = models.BooleanField(default=False)
    is_long = models.BooleanField(default=False, help_text="The next word is promised by working mornings.")
    is_public = models.BooleanField(default=False)
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    lead_offered_to = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    merge_offered_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merge_offers")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    came_back_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="came_back")
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was dismissed, merged or closed.")
    asked_for_lead_at = models.DateTimeField(null=True, help_text="When the team was told that nobody leads it.")
    asked_open_on = models.DateField(null=True, help_text="The last day on which its lead was asked if it is open.")

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-declared_at", "-number"]
        indexes = [models.Index(fields=["team", "state", "-declared_at"], name="incident_of_team")]
        constraints = [
            models.UniqueConstraint(fields=["team", "number"], name="incident_number_in_team"),
            models.CheckConstraint(
                condition=Q(entered_later=True) | Q(began_at__lte=F("detected_at"), detected_at__lte=F("declared_at")),
                name="incident_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    @property
    def ref(self) -> Ref:
        """Return the ledger's reference to it: its number, which is one of its team."""
        return Ref("incident", str(self.number), self.title)

    @property
    def thread(self) -> str:
        """Return what its messages have in common, in all teams."""
        return f"incident:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Say whether it is active or contained."""
        return State(self.state).is_open

    @property
    def mode(self) -> Mode | None:
        """Return how often a word is promised, None while none is."""
        if not self.is_open:
            return None
        return Mode.LONG if self.is_long else Mode(self.state)

    @property
    def lead(self) -> Person | None:
        """Return who leads it now."""
        held = self.roles.filter(role=RoleHeld.Role.LEAD, until=None).select_related("person").first()
        return held.person if held else None

    @property
    def course(self) -> Course:
        """Return what the rules need of it."""
        lead = self.roles.filter(role=RoleHeld.Role.LEAD, until=None).values_list("person", flat=True).first()
        return Course(State(self.state), str(lead) if lead else "", self.state_since)

    @property
    def promise(self) -> "Promise | None":
        """Return the promise that stands: when the next word is due. None while none is."""
        return self.promises.standing().first()


class RoleHeldQuerySet(OfIncident):
    """Questions about roles in incidents."""

    def now(self) -> Self:
        """Return those that are held at present."""
        return self.filter(until=None)


class RoleHeld(models.Model):
    """Who had which role in an incident, from when until when; until is empty while they have it."""

    class Role(models.TextChoices):
        """What somebody does in an incident. Every role but observer is one person's at a time."""

        LEAD = "lead", "lead"
        COMMUNICATOR = "communicator", "communicator"
        SCRIBE = "scribe", "scribe"
        DEPUTY = "deputy", "deputy"
        OBSERVER = "observer", "observer"

    class How(models.TextChoices):
        """How they came to it."""

        DECLARED = "declared", "declared it"
        TOOK = "took", "took it"
        HANDED = "handed", "was handed it"
        COMMAND = "command", "took command"
        ASSIGNED = "assigned", "was asked to"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=12, choices=Role.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    how = models.CharField(max_length=10, choices=How.choices)
    reason = models.CharField(max_length=300, blank=True)

    objects = RoleHeldQuerySet.as_manager()

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"], condition=Q(until=None) & ~Q(role="observer"), name="one_holds_a_role"
            ),
            models.UniqueConstraint(
                fields=["incident", "person"], condition=Q(until=None, role="observer"), name="observes_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.role} of {self.incident}"


class Update(models.Model):
    """What was said about an incident; the database refuses to change or remove it.

    conditions: of functions, as a list of {function, condition, can, cannot, instead}. is_public: it was published.
    is_note: the incident was not open when it came: it is kept, was not published and promises nothing.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates")
    headline = models.CharField(max_length=200, blank=True)
    can = models.CharField(max_length=300, blank=True)
    cannot = models.CharField(max_length=300, blank=True)
    instead = models.CharField(max_length=300, blank=True)
    trying = models.CharField(max_length=300, blank=True)
    conditions = models.JSONField(default=list)
    data_safe = models.CharField(max_length=8, blank=True)
    running_jobs = models.CharField(max_length=8, blank=True)
    next_due = models.DateTimeField(null=True)
    is_public = models.BooleanField(default=False)
    is_last = models.BooleanField(default=False)
    is_note = models.BooleanField(default=False)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OfIncident.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["incident", "-at"], name="update_of_incident")]

    def __str__(self) -> str:
        return f"{self.incident}: {self.trying or self.cannot or self.can or self.instead}"


class PromisedQuerySet(OfIncident):
    """Questions about promises."""

    def standing(self) -> Self:
        """Return those that were neither answered nor waived."""
        return self.filter(ended_at=None)


class Promise(models.Model):
    """When the next word about an incident is due, and what became of that.

    It ends when the word comes (answered_by) or when none is needed any more (waived says why). kept_at: the word came
    in time. missed_at: when it was found not to have come in time. reminded: the last reminder that was sent.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="promises")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_first = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    waived = models.CharField(max_length=100, blank=True)
    answered_by = models.ForeignKey(Update, on_delete=models.PROTECT, null=True, related_name="+")
    reminded = models.PositiveSmallIntegerField(default=0, choices=[(s.value, s.name.lower()) for s in Stage])

    objects = PromisedQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["team", "due_at"], name="promise_of_team")]
        constraints = [
            models.UniqueConstraint(fields=["incident"], condition=Q(ended_at=None), name="one_promise_stands"),
            models.CheckConstraint(condition=Q(kept_at=None) | Q(missed_at=None), name="kept_or_missed"),
        ]

    def __str__(self) -> str:
        return f"{self.incident}: word by {self.due_at:%Y-%m-%d %H:%M}"


def newest_number(team: Team) -> int:
    """Return the highest number of a team's incidents, 0 for none."""
    found: int | None = Incident.objects.filter(team=team).aggregate(last=models.Max("number"))["last"]
    return found or 0
