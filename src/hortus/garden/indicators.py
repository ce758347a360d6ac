"""The table of indicators: every signal that feeds a plot, declared once. Page, history, docs and check read it.

A new indicator touches three files: its practice's measures.py, that file's test, and this table.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.catalogue import measures as catalogue
from hortus.catalogue import window_measures as windows
from hortus.follow_ups import measures as follow_ups
from hortus.processes.fires import measures as fires
from hortus.processes.incidents import measures as incidents
from hortus.processes.incidents.reviews import measures as reviews
from hortus.processes.procedures import measures as procedures
from hortus.products.clusters import measures as clusters
from hortus.products.slos import measures as slos
from hortus.values.evidence import Evidence, Slice
from hortus.values.plots import PLOTS, Plot
from hortus.values.reading import Reading, Target

Measure = Callable[[Team, date], Reading | None]
ManyDays = Callable[[Team, Iterable[date]], Mapping[date, Reading | None]]


class Rows(Protocol):
    """Returns the rows that a reading was counted from; names of persons only when `persons` is true."""

    def __call__(self, team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
        """Return one slice of the rows of that day's reading."""


class Unit(StrEnum):
    """What a value means: a ratio runs 0 to 1, a count is a number of things."""

    RATIO = "ratio"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Act:
    """The next thing to do: a label, and the name of a URL that takes the team's slug.

    makes: what one must be allowed to make there; None: whoever may read the team may open it.
    """

    label: str
    url: str
    makes: Kind | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One signal: where it grows, how it is measured, what counts as good, and what it cannot tell.

    says, says_of_one: the words after the figure; of a count also those after 1. act: what to do when it does not
    thrive. feed: what to do while it is not measured. many: the same measure for many days in one query, for history;
    left out when reading day by day is fast enough.
    """

    slug: str
    plot: Plot
    name: str
    says: str
    unit: Unit
    measure: Measure
    rows: Rows
    target: Target
    window: str
    source: str
    cannot_tell: str
    act: Act
    feed: Act
    fresh_for: timedelta
    many: ManyDays | None = None
    says_of_one: str = ""

    @property
    def definition(self) -> str:
        """Return the first sentence of the measure's docstring as people read it: what is counted."""
        sentence = self._told[0].removeprefix("Return ")
        return sentence[:1].upper() + sentence[1:]

    @property
    def details(self) -> str:
        """Return the rest of the measure's docstring: what is left out, what n is, where it comes from."""
        return " ".join(self._told[1:])

    @property
    def _told(self) -> list[str]:
        paragraphs = (inspect.getdoc(self.measure) or "").split("\n\n")
        return [" ".join(paragraph.split()) for paragraph in paragraphs]

    def read(self, team: Team, days: Iterable[date]) -> Mapping[date, Reading | None]:
        """Return the readings of many days."""
        return self.many(team, days) if self.many else {day: self.measure(team, day) for day in days}


@dataclass(frozen=True, slots=True)
class Bed:
    """A plot's name on the page, and what will grow there besides the indicators that it has; "" for nothing more."""

    plot: Plot
    name: str
    grows: str


_WEEK = timedelta(days=7)
_ACCOUNTING = Act("Import accounting records", "clusters:import", makes=Kind.IMPORT)
_OBJECTIVES = Act("Promise something that can be measured", "slos:objectives")
_DECLARE = Act("Declare an incident when users cannot work", "incidents:declare", makes=Kind.INCIDENT)
_OWN = "Our own default, to be replaced by the team's agreement."

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        slug="new-users",
        plot=Plot.named("products-growth"),
        name="New users",
        says="people ran their first job in 28 days",
        says_of_one="person ran a first job in 28 days",
        unit=Unit.COUNT,
        measure=clusters.new_users,
        many=clusters.new_users_many,
        rows=clusters.new_users_evidence,
        target=Target(goal=3, slack=2),
        window="28 days",
        source=_OWN,
        cannot_tell="Whether they came because of you, or stayed. A person with two accounts counts twice.",
        act=Act("See which groups came, and greet them", "clusters:clusters"),
        feed=_ACCOUNTING,
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="groups-helped",
        plot=Plot.named("products-growth"),
        name="Groups helped",
        says="groups finished a job in 28 days",
        says_of_one="group finished a job in 28 days",
        unit=Unit.COUNT,
        measure=clusters.groups_helped,
        many=clusters.groups_helped_many,
        rows=clusters.groups_helped_evidence,
        target=Target(goal=8, slack=3),
        window="28 days",
        source=_OWN,
        cannot_tell="How much a job was worth to the group, nor who would have come and could not.",
        act=Act("See the groups of this month", "clusters:clusters"),
        feed=_ACCOUNTING,
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="services-without-objective",
        plot=Plot.named("products-growth"),
        name="Services without an objective",
        says="services promise nothing that is measured",
        says_of_one="service promises nothing that is measured",
        unit=Unit.COUNT,
        measure=slos.services_without,
        many=slos.services_without_many,
        rows=slos.services_without_evidence,
        target=Target(goal=1, slack=2, at_most=True),
        window="now",
        source=_OWN,
        cannot_tell="Whether a service needs an objective, nor whether the one that it has is a good one.",
        act=Act("Promise something for one of them", "slos:objectives"),
        feed=Act("Add your services", "catalogue:services"),
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="started-in-time",
        plot=Plot.named("products-care"),
        name="Jobs started in time",
        says="of jobs started within the promise",
        unit=Unit.RATIO,
        measure=clusters.started_in_time,
        many=clusters.started_in_time_many,
        rows=clusters.started_in_time_evidence,
        target=Target(goal=0.9, slack=0.1),
        window="28 days",
        source="Our own default; the promise behind it is the team's, per partition and size.",
        cannot_tell="Whether the promise suits the work, nor anything about jobs that people gave up submitting.",
        act=Act("Open the waiting times", "clusters:clusters"),
        feed=_ACCOUNTING,
        fresh_for=timedelta(days=3),
    ),
    Indicator(
        slug="inside-budget",
        plot=Plot.named("products-care"),
        name="Objectives inside their budget",
        says="of objectives are safe inside their error budget",
        unit=Unit.RATIO,
        measure=slos.inside_budget,
        many=slos.inside_budget_many,
        rows=slos.inside_budget_evidence,
        target=Target(goal=0.9, slack=0.2),
        window="each objective's own",
        source=_OWN,
        cannot_tell="Whether the objectives are the ones that researchers care about, nor how far over one is.",
        act=Act("See which budget burns", "slos:objectives"),
        feed=_OBJECTIVES,
        fresh_for=timedelta(days=1),
    ),
    Indicator(
        slug="functions-confirmed",
        plot=Plot.named("products-care"),
        name="Functions vouched for",
        says="of functions on the status page are vouched for",
        unit=Unit.RATIO,
        measure=catalogue.functions_confirmed,
        many=catalogue.functions_confirmed_many,
        rows=catalogue.functions_confirmed_evidence,
        target=Target(goal=0.9, slack=0.2),
        window="now",
        source=_OWN,
        cannot_tell="Whether what was said is true, nor whether researchers read it.",
        act=Act("Say how the functions stand", "catalogue:status"),
        feed=Act("Name what researchers can do", "catalogue:status"),
        fresh_for=timedelta(days=1),
    ),
    Indicator(
        slug="notice-kept",
        plot=Plot.named("products-care"),
        name="Planned work announced in time",
        says="of planned work was announced in time",
        unit=Unit.RATIO,
        measure=windows.notice_kept,
        many=windows.notice_kept_many,
        rows=windows.notice_kept_evidence,
        target=Target(goal=0.95, slack=0.1),
        window="90 days",
        source="NERSC announces maintenance of a system a week ahead; the limits are our own.",
        cannot_tell="Whether researchers read it, nor whether the work had to be then.",
        act=Act("Plan the next work earlier", "catalogue:announce"),
        feed=Act("Announce planned work", "catalogue:announce", makes=Kind.CONDITION),
        fresh_for=timedelta(days=1),
    ),
    Indicator(
        slug="jobs-lost",
        plot=Plot.named("products-urgent"),
        name="Jobs lost to us",
        says="of jobs that ended were lost to us",
        unit=Unit.RATIO,
        measure=clusters.jobs_lost,
        many=clusters.jobs_lost_many,
        rows=clusters.jobs_lost_evidence,
        target=Target(goal=0.005, slack=0.01, at_most=True),
        window="7 days",
        source=_OWN,
        cannot_tell="Hours of work lost, nor failures that look like a user's own error.",
        act=Act("See what broke", "clusters:clusters"),
        feed=_ACCOUNTING,
        fresh_for=timedelta(days=3),
    ),
    Indicator(
        slug="nodes-out-now",
        plot=Plot.named("products-urgent"),
        name="Nodes out now",
        says="nodes are down or drained now",
        says_of_one="node is down or drained now",
        unit=Unit.COUNT,
        measure=clusters.nodes_out_now,
        many=clusters.nodes_out_now_many,
        rows=clusters.nodes_out_now_evidence,
        target=Target(goal=1, slack=2, at_most=True),
        window="now",
        source=_OWN,
        cannot_tell="Whether the nodes are out on purpose, nor who waits for them.",
        act=Act("Bring the drained nodes back", "clusters:clusters"),
        feed=_ACCOUNTING,
        fresh_for=timedelta(days=3),
    ),
    Indicator(
        slug="objectives-unmeasured",
        plot=Plot.named("products-urgent"),
        name="Objectives not measured",
        says="objectives are not measured",
        says_of_one="objective is not measured",
        unit=Unit.COUNT,
        measure=slos.unmeasured,
        many=slos.unmeasured_many,
        rows=slos.unmeasured_evidence,
        target=Target(goal=0, slack=1, at_most=True),
        window="now",
        source=_OWN,
        cannot_tell="Whether the service works: that is just what nobody knows then.",
        act=Act("Connect their sources again", "slos:objectives"),
        feed=_OBJECTIVES,
        fresh_for=timedelta(days=1),
    ),
    Indicator(
        slug="first-words",
        plot=Plot.named("products-urgent"),
        name="First word in time",
        says="of incidents had a first word within 15 minutes",
        unit=Unit.RATIO,
        measure=incidents.first_words,
        many=incidents.first_words_many,
        rows=incidents.first_words_evidence,
        target=Target(goal=0.9, slack=0.15),
        window="90 days",
        source="PagerDuty's guide to incidents; the limits are our own.",
        cannot_tell="How long users had been without help before somebody declared it. The rows tell each.",
        act=Act("Look at how the first words came", "incidents:incidents"),
        feed=_DECLARE,
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="follow-ups-late",
        plot=Plot.named("processes-care"),
        name="Follow-ups open for long",
        says="follow-ups are open for more than 30 days",
        says_of_one="follow-up is open for more than 30 days",
        unit=Unit.COUNT,
        measure=follow_ups.follow_ups_late,
        many=follow_ups.follow_ups_late_many,
        rows=follow_ups.follow_ups_late_evidence,
        target=Target(goal=0, slack=3, at_most=True),
        window="now",
        source="PagerDuty's guide for post-mortems asks for 15 or 30 days; the limits are our own.",
        cannot_tell="Whether what was done was worth doing: one that was dropped with a reason is as good as one done.",
        act=Act("Look at the oldest follow-ups", "follow_ups:follow-ups"),
        feed=Act("Write down what follows from a review", "follow_ups:follow-ups", makes=Kind.FOLLOW_UP),
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="living-procedures",
        plot=Plot.named("processes-care"),
        name="Procedures that say what for",
        says="of procedures in use say goal, reason and good result",
        unit=Unit.RATIO,
        measure=procedures.living_procedures,
        many=procedures.living_procedures_many,
        rows=procedures.living_procedures_evidence,
        target=Target(goal=0.8, slack=0.3),
        window="12 months",
        source=_OWN,
        cannot_tell="Whether what it says is true. Runs tell that: look at steps that were done differently.",
        act=Act("Say what is missing", "procedures:procedures"),
        feed=Act("Write a procedure, and follow it", "procedures:procedures", makes=Kind.PROCEDURE),
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="reviews-reused",
        plot=Plot.named("processes-growth"),
        name="Reviews used again",
        says="of old reviews helped with something later",
        unit=Unit.RATIO,
        measure=reviews.reviews_reused,
        many=reviews.reviews_reused_many,
        rows=reviews.reviews_reused_evidence,
        target=Target(goal=0.5, slack=0.25),
        window="all reviews older than 30 days",
        source="J. Allspaw's idea that learning shows in later use; the limits are our own.",
        cannot_tell="Who read a review, and what somebody learned without saying so.",
        act=Act("Look at old reviews, and say where one helped", "reviews:reviews"),
        feed=Act("Write a review, or enter old ones", "reviews:reviews", makes=Kind.REVIEW),
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="promises-kept",
        plot=Plot.named("processes-urgent"),
        name="Promised words kept",
        says="of promised words about incidents came in time",
        unit=Unit.RATIO,
        measure=incidents.promises_kept,
        many=incidents.promises_kept_many,
        rows=incidents.promises_kept_evidence,
        target=Target(goal=0.9, slack=0.15),
        window="90 days",
        source="The cadence is that of PagerDuty's guide to incidents; the limits are our own.",
        cannot_tell="Whether the words said anything: one that changes nothing counts as any other.",
        act=Act("Look at what is open, and when the next word is due", "incidents:incidents"),
        feed=_DECLARE,
        fresh_for=_WEEK,
    ),
    Indicator(
        slug="kindling-unanswered",
        plot=Plot.named("processes-urgent"),
        name="Kindling unanswered",
        says="kindling cards have waited for more than 30 days",
        says_of_one="kindling card has waited for more than 30 days",
        unit=Unit.COUNT,
        measure=fires.kindling_unanswered,
        many=fires.kindling_unanswered_many,
        rows=fires.kindling_unanswered_evidence,
        target=Target(goal=0, slack=1, at_most=True),
        window="now",
        source=_OWN,
        cannot_tell="Fires that nobody noted, nor whether the answer that was given will hold.",
        act=Act("Answer the oldest card", "fires:board"),
        feed=Act("Note an interrupt", "fires:note", makes=Kind.FIRE),
        fresh_for=_WEEK,
    ),
)

BEDS: tuple[Bed, ...] = (
    Bed(Plot.named("people-growth"), "Growing people", "growth intentions, thanks, short talks and pairings"),
    Bed(Plot.named("products-growth"), "Service adoption", "engagements that reached use"),
    Bed(
        Plot.named("processes-growth"),
        "Better ways",
        "ways of working that were tried and compared",
    ),
    Bed(
        Plot.named("people-care"),
        "Conversations kept",
        "one-on-ones held in their rhythm, two people for each procedure",
    ),
    Bed(Plot.named("products-care"), "Promises to users", ""),
    Bed(Plot.named("processes-care"), "Living procedures", "how far runs stray from them, and whom they wait for"),
    Bed(Plot.named("people-urgent"), "Load on people", "urgent work that falls on too few shoulders"),
    Bed(Plot.named("products-urgent"), "Broken for users", ""),
    Bed(Plot.named("processes-urgent"), "Fires", ""),
)


def named(slug: str) -> Indicator:
    """Return the indicator with this slug; raise KeyError for any other word."""
    return _BY_SLUG[slug]


def on(plot: Plot) -> tuple[Indicator, ...]:
    """Return the indicators of a plot, in the order of the table."""
    return tuple(i for i in INDICATORS if i.plot == plot)


def bed(plot: Plot) -> Bed:
    """Return a plot's name and what will grow there."""
    return next(b for b in BEDS if b.plot == plot)


_BY_SLUG = {i.slug: i for i in INDICATORS}
assert [b.plot for b in BEDS] == list(PLOTS)  # noqa: S101 -- a table in the wrong order stops the start
