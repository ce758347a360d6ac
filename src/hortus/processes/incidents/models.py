"""Tables of incidents: what happened, who leads, what was said, what was promised and asked. Verbs are in actions*.py.

The timeline of an incident is no table of its own: it is the ledger's events about it.
"""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import F, Prefetch, Q

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.catalogue.models import Function, Service
from hortus.ledger.refs import Ref
from hortus.processes.incidents.rules import Course, State
from hortus.processes.incidents.rules_clock import Mode, Stage

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

    class Origin(models.TextChoices):
        """Where it came from, as those who reviewed it see it."""

        UNKNOWN = "", "not said yet"
        OWN_CHANGE = "own-change", "our own change"
        OWN_GAP = "own-gap", "our own gap"
        OUTSIDE = "outside", "outside: vendor, facility, another unit, use beyond design"
        MIXED = "mixed", "mixed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="incidents")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State])
    state_since = models.DateTimeField()
    severity = models.CharField(max_length=40, blank=True)
    origin = models.CharField(max_length=12, choices=Origin.choices, blank=True, default="")
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


class OfIncident(TeamScoped):
    """Questions about what belongs to an incident and is read by whoever may read it."""

    kind = Kind.INCIDENT


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


class QuestionQuerySet(TeamScoped):
    """Questions about questions."""

    kind = Kind.QUESTION

    def waiting(self) -> Self:
        """Return those that nobody answered yet."""
        return self.filter(answered_at=None)


class Question(models.Model):
    """A question that waits in the tray until the next update. answer_by: the promise that its asker saw."""

    class Urgency(models.TextChoices):
        """Whether it may interrupt: only danger does."""

        WAITS = "waits", "can wait for the next update"
        DATA = "data", "data at risk"
        SAFETY = "safety", "safety of people"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="questions")
    text = models.CharField(max_length=500)
    urgency = models.CharField(max_length=6, choices=Urgency.choices, default=Urgency.WAITS)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answerer = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    answered_by = models.ForeignKey(Update, on_delete=models.PROTECT, null=True, related_name="answers")

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]

    def __str__(self) -> str:
        return self.text


class Surprise(models.Model):
    """Somebody tapped "this surprises me": it helps to choose what to learn from."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="surprises")
    sentence = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OfIncident.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.sentence or "a surprise"


class Link(models.Model):
    """What belongs to an incident and lives elsewhere: an address, or an object of the ledger (an alert, say)."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="links")
    words = models.CharField(max_length=200)
    url = models.CharField(max_length=1000, blank=True)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfIncident.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["team", "object_kind", "object_id"], name="link_to_object")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "object_kind", "object_id"], condition=~Q(object_kind=""), name="object_linked_once"
            )
        ]

    def __str__(self) -> str:
        return self.words


class Receipt(models.Model):
    """What somebody asked for with a key of their own, so that the same request once more changes nothing.

    result: what came of it, as names and ids; a refusal keeps its code and sentence.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    client_key = models.CharField(max_length=100)
    verb = models.CharField(max_length=40)
    at = models.DateTimeField()
    result: Any = models.JSONField(default=dict)

    objects = OfIncident.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["team", "by", "client_key"], name="incident_asked_once")]

    def __str__(self) -> str:
        return f"{self.verb} {self.client_key}"


def newest_number(team: Team) -> int:
    """Return the highest number of a team's incidents, 0 for none."""
    found: int | None = Incident.objects.filter(team=team).aggregate(last=models.Max("number"))["last"]
    return found or 0
