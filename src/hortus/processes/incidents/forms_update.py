"""The form of an update: what people can and cannot do, what is being tried, when they hear more, what was asked."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import timezone

from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Function, StatusPage
from hortus.catalogue.rules import Condition, DataSafe, RunningJobs
from hortus.catalogue.status_forms import who_reads
from hortus.processes.incidents.forms import LONGEST_TEXT, Keyed, text_area
from hortus.processes.incidents.models import Incident, Question, Update
from hortus.processes.incidents.promises import custom_told
from hortus.processes.incidents.rules_clock import INTERVALS, LONGEST, Mode
from hortus.processes.incidents.words import LONGEST_HEADLINE, FunctionSaid, Said, headline_of
from hortus.web.forms import promise as promised
from hortus.web.forms_clock import ClockField, place, which_of_two
from hortus.web.words import duration

SAID = [c for c in Condition if c is not Condition.PLANNED_WORK]
UNSAID = ("", "nothing said")
SAFE = [UNSAID, *((d.value, d.word) for d in DataSafe)]
JOBS = [UNSAID, *((j.value, j.word) for j in RunningJobs)]
ONE_OF = ("cannot", "can", "instead", "trying")
SHORTER = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))
MOVES = {
    "active": [("contain", "The harm has stopped: contained"), ("resolve", "It is over: resolved")],
    "contained": [("regress", "It does harm again: active"), ("resolve", "It is over: resolved")],
}


def custom(mode: Mode) -> str:
    """Return in words when the next update is due by the custom of a mode.

    >>> custom(Mode.LONG)
    'the next working morning'
    """
    return "the next working morning" if mode is Mode.LONG else f"in {duration(INTERVALS[mode].total_seconds())}"


class UpdateForm(Keyed):
    """What is said of an incident, prefilled with the last word, so that what is still so is not typed twice.

    seen, state: the newest update and the state that its writer saw; who sends it later is told what came between.
    """

    name = "update"
    cannot = text_area("What can users not do?", "As in: log in with a password.", longest=300)
    can = text_area("What can they do?", "As in: use sessions that are open; jobs go on.", longest=300)
    instead = text_area("What can they do instead?", longest=300)
    trying = text_area("What are you trying?", "One true sentence, also when nothing has changed.", longest=300)
    data_safe = forms.ChoiceField(label="Their data", choices=SAFE, required=False)
    running_jobs = forms.ChoiceField(label="Running jobs", choices=JOBS, required=False)
    due_in = forms.ChoiceField(label="When do you say more?", required=False)
    due_at = ClockField(label="Or at a time", required=False)
    which = which_of_two()
    then = forms.ChoiceField(label="And from now on", required=False)
    headline = forms.CharField(
        label="What is it called in public?", required=False, max_length=LONGEST_HEADLINE,
        help_text="As users would say it; only what is published has it.",
    )  # fmt: skip
    stays = forms.BooleanField(label="It is over, and this stays so for users", required=False)
    is_public = forms.BooleanField(required=False)  # said by the button that was pressed
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    state = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, incident: Incident, functions: Sequence[Function], questions: Sequence[Question], last: Update | None,
        spoken: Update | None, page: StatusPage, data: Any = None,
    ) -> None:  # fmt: skip
        """Lay the form out. last: the newest update; spoken: the newest that told users something, often the same."""
        self.functions, self.incident, self.last = list(functions), incident, last
        super().__init__(data, initial=_first_words(incident, last, spoken))
        mode = incident.mode or Mode.ACTIVE
        lengths = [each for each in SHORTER if each <= LONGEST[mode]]
        self._choose("due_in", [("", f"{custom(mode)} (custom)")] + [
            (str(int(each.total_seconds())), f"in {duration(each.total_seconds())}") for each in lengths
        ])  # fmt: skip
        self.fields["due_in"].help_text = custom_told(incident, mode, timezone.now())
        self._choose("then", [("", f"it stays {incident.state}"), *MOVES.get(incident.state, [])])
        self.fields["due_at"].help_text = f"In the team's zone, {incident.team.zone}."
        for name in ONE_OF:
            self.fields[name].is_one_of = True  # type: ignore[attr-defined]  # so none is called optional
        self._add_conditions()
        self._add_answers(questions)
        self._promise(page)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _add_conditions(self) -> None:
        last = {said["function"]: said["condition"] for said in self.last.conditions} if self.last else {}
        choices = [UNSAID, *((c.value, c.word) for c in SAID)]
        for function in self.functions:
            field = forms.ChoiceField(label=function.name, choices=choices, required=False)
            field.initial = last.get(function.slug, "")
            self.fields[f"f-{function.slug}"] = field

    def _add_answers(self, questions: Sequence[Question]) -> None:
        first = sorted(questions, key=lambda question: question.urgency == Question.Urgency.WAITS)
        self.questions = {question.pk: question for question in first}
        for question in first:
            self.fields[f"a-{question.pk}"] = answer_field(question)

    def _promise(self, page: StatusPage) -> None:
        unpublished = promise(Kind.INCIDENT)
        promised(self, "cannot", f"Published: {_lower(who_reads(page))} Not published: {_lower(unpublished)}")

    @property
    def touched(self) -> list[BoundField]:
        """Return the conditions of functions that the incident touches, or of which something was said."""
        names = {f.slug for f in self.incident.functions.all()} | {
            f.slug for f in self.functions if self[f"f-{f.slug}"].value()
        }
        return [self[f"f-{f.slug}"] for f in self.functions if f.slug in names]

    @property
    def untouched(self) -> list[BoundField]:
        """Return the conditions of the other functions."""
        told = {field.name for field in self.touched}
        return [self[f"f-{f.slug}"] for f in self.functions if f"f-{f.slug}" not in told]

    @property
    def answers(self) -> list[tuple[Question, BoundField]]:
        """Return the questions that wait, each with the box for its answer."""
        return [(question, self[f"a-{pk}"]) for pk, question in self.questions.items()]

    def clean(self) -> dict[str, Any]:
        """Ask for one true sentence where nothing is new, and say of questions that somebody answered meanwhile."""
        given, last = self.cleaned_data, self.last
        if last is not None and not given.get("trying") and not given.get("then") and not self._says_more:
            self.add_error("trying", "Nothing else is new, so say in one true sentence what is being tried.")
        for pk, question in self.questions.items():
            if question.answered_at and self.cleaned_data.get(f"a-{pk}"):
                self.add_error(
                    f"a-{pk}",
                    f"{question.answerer} answered this meanwhile: {question.answer} Clear this box to send the rest.",
                )
        if given.get("then") == "resolve" and not given.get("stays") and (left := self._left()):
            self.add_error("stays", f"You end it, and say of users: {left} Change above what is over, or tick this.")
        given["due_at"] = place(self, "due_at", "which", self.incident.team.zoneinfo)
        return given

    def _left(self) -> str:
        """Return what the words say that users still cannot do, "" for nothing."""
        given = self.cleaned_data
        cannot = [f"they cannot: {given['cannot'].rstrip('.')}."] if given.get("cannot") else []
        said = [(f.name, given.get(f"f-{f.slug}")) for f in self.functions]
        stands = [f"{name} is {Condition(to).word}." for name, to in said if to and Condition(to).is_trouble]
        return " ".join(cannot + stands)

    @property
    def _says_more(self) -> bool:
        """Say whether anything about users or an answer is new beside the last word."""
        told = {"can", "cannot", "instead", "data_safe", "running_jobs", *(f"f-{f.slug}" for f in self.functions)}
        return bool((told | {f"a-{pk}" for pk in self.questions}) & set(self.changed_data))

    def said(self, now: datetime) -> Said:
        """Return what was written, once the form is valid. now: from when "in 30 minutes" counts, aware."""
        given = self.cleaned_data
        due = given["due_at"]
        if due is None and given["due_in"]:
            due = now + timedelta(seconds=int(given["due_in"]))
        return Said(
            can=given["can"], cannot=given["cannot"], instead=given["instead"], trying=given["trying"],
            headline=given["headline"] if given["is_public"] else "",
            conditions=[
                FunctionSaid(f, given[f"f-{f.slug}"]) for f in self.functions if given[f"f-{f.slug}"]
            ],
            data_safe=given["data_safe"], running_jobs=given["running_jobs"], next_due=due,
            is_public=given["is_public"],
            answers={pk: given[f"a-{pk}"] for pk in self.questions if given[f"a-{pk}"]},
        )  # fmt: skip

    def tell_meanwhile(self, updates: Iterable[Update]) -> bool:
        """Hold an update back that was written before others came, once; return whether it was held.

        updates: the newest first. What was typed stays; the form then carries what its writer has now been shown.
        """
        newer = [one for one in updates if one.pk > (self.cleaned_data.get("seen") or 0)]
        moved = self.cleaned_data.get("state") not in ("", self.incident.state)
        if not newer and not moved:
            return False
        seen = str(max((u.pk for u in newer), default=self.cleaned_data.get("seen") or 0))
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["seen"], data["state"] = seen, self.incident.state
        self.data = data
        told = [f"{one.by} said meanwhile: “{one.trying or one.cannot or one.can or one.instead}”" for one in newer]
        told += [f"The incident is {self.incident.state} now."] if moved else []
        self.add_error(None, f"{' '.join(told)} Look again at what you wrote, then send it.")
        return True


def answer_field(question: Question) -> forms.CharField:
    """Return the box for the answer to a question."""
    danger = "" if question.urgency == Question.Urgency.WAITS else f" {question.get_urgency_display().capitalize()}."
    return text_area(question.text, f"Asked by {question.by}.{danger}", longest=LONGEST_TEXT)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _first_words(incident: Incident, last: Update | None, spoken: Update | None) -> dict[str, Any]:
    first: dict[str, Any] = {"seen": last.pk if last else 0, "state": incident.state, "headline": headline_of(incident)}
    if last is not None:
        first |= {name: getattr(last, name) for name in ("data_safe", "running_jobs")}
    if spoken is not None:
        first |= {name: getattr(spoken, name) for name in ("can", "cannot", "instead")}
    return first
