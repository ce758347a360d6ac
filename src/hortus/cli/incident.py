"""`hortus incident`: declare, tell and end incidents in a terminal, and from a script on a monitoring host."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from hortus.cli import incident_import
from hortus.cli.frame import Answer, BadInput, table
from hortus.cli.frame import command as declare
from hortus.cli.team import BY, member_named, team_named
from hortus.cli.team import option as of_team

if TYPE_CHECKING:
    from hortus.access.models import Person, Team
    from hortus.processes.incidents.models import Incident
    from hortus.processes.incidents.words import FunctionSaid, Outcome
    from hortus.telemetry.alerts.standing import Standing as Alert

MOST_NAMED = 5  # alerts in a refusal: one line is read, a page is not
KEY = click.option("--key", default="", help="The same key once more changes nothing; for scripts that try again.")


@click.group(name="incident")
def command() -> None:
    """Declare, tell and end incidents.

    Exit code 0: done; 1: what was asked could not be done any more, and the words were kept; 2: the input cannot be
    used.
    """


def _person(team: "Team", email: str | None, action: str = "C") -> "Person":
    """Return the member with this address; without one the only member. Raises BadInput with the addresses of all.

    action: what they must be allowed to do to incidents, as the policy writes it.
    """
    from hortus.access.policy import Action
    from hortus.processes.incidents.roles import people

    return member_named(email, people(team, Action(action)), team)


def _incident(team: "Team", number: int) -> "Incident":
    from hortus.processes.incidents.models import Incident

    found: Incident | None = Incident.objects.filter(team=team, number=number).select_related("team").first()
    if found is None:
        newest = Incident.objects.filter(team=team).order_by("-number").values_list("number", flat=True).first()
        there = f"its incidents are 1 to {newest}" if newest else "it has none yet"
        raise BadInput(f"{team} has no incident #{number}; {there}.", "no-incident", "number")
    return found


def _whole(incident: "Incident") -> dict[str, Any]:
    from hortus.processes.incidents.shapes import whole_as_dict

    incident.refresh_from_db()
    return {"team": incident.team.slug} | whole_as_dict(incident)


def _clock(incident: "Incident") -> str:
    """Return when the next word is due, in words and in the team's zone."""
    from hortus.ledger import clock

    promise = incident.promise
    if promise is None:
        return "no word is promised"
    late = ", which is over" if clock.now() > promise.due_at else ""
    return f"next word by {promise.due_at.astimezone(incident.team.zoneinfo):%H:%M on %-d %B}{late}"


@declare("declare")
@click.argument("sentence", default="")
@click.option("--alert", metavar="KIND:ID", help="The alert that showed it; it gives what is left out.")
@click.option("--service", "services", multiple=True, metavar="SLUG", help="What it touches; may be given again.")
@click.option("--reported", is_flag=True, help="Only report it: nobody leads it yet, and nothing is promised.")
@BY
@KEY
@of_team
def declare_(
    sentence: str, alert: str | None, services: tuple[str, ...], reported: bool, by: str | None, key: str,
    team: str | None,
) -> Answer:  # fmt: skip
    """Declare an incident by one SENTENCE: what can users not do? You lead it until somebody takes it."""
    from hortus.processes.incidents import actions, from_alert

    chosen = team_named(team)
    shown = _alert(chosen, alert) if alert is not None else None
    touched = _services(chosen, services)
    if shown is not None:
        sentence, touched = sentence or from_alert.sentence(shown), touched or from_alert.services(chosen, shown)
    verb, person = actions.report if reported else actions.declare, _person(chosen, by)
    made = verb(
        chosen, sentence, by=person, door="cli", services=touched, client_key=key,
        from_alert=shown.ref if shown else None,
    )  # fmt: skip
    helps = _helps(made, person)
    lines = [f"Incident #{made.number} is {made.state}: {made.title}", f"{_clock(made)}."]
    lines += [f"This may help: {one['text']} ({one['reason']}), {one['path']}" for one in helps]
    return Answer(_whole(made) | {"beside": helps}, "\n".join(lines))


def _helps(incident: "Incident", person: "Person") -> list[dict[str, Any]]:
    """Return what may help with an incident, as far as a person may read it."""
    from hortus.access.doors import standing_in
    from hortus.processes.incidents.room import helps
    from hortus.processes.incidents.shapes import beside_as_dict

    standing = standing_in(person, incident.team.slug)
    return [beside_as_dict(one) for one in helps(standing, incident)] if standing else []


def _alert(team: "Team", words: str) -> "Alert":
    """Return the alert that is named. Raises BadInput with those that stand."""
    from hortus.processes.incidents import from_alert
    from hortus.telemetry.alerts import standing

    found = from_alert.named(team, words)
    if found is None:
        reader = standing.Reader(team)
        some, total = reader.some(0, MOST_NAMED), reader.counts.total
        stand = ", ".join(f"{from_alert.name(one)} ({from_alert.sentence(one)})" for one in some)
        more = f" and {total - len(some)} more" if total > len(some) else ""
        told = f"alerts that stand: {stand}{more}" if stand else "none stands now"
        raise BadInput(f"There is no alert {words[:80]!r}; {told}.", "no-alert", "alert")
    return found


def _services(team: "Team", slugs: Sequence[str]) -> "list[Any]":
    from hortus.catalogue.models import Service
    from hortus.cli.named import one_named

    return [one_named(Service, Service.objects.filter(team=team), slug, about="service") for slug in slugs]


def _said(team: "Team", condition: str) -> "FunctionSaid":
    """Read function=condition, as in scratch=degraded."""
    from hortus.catalogue.models import Function
    from hortus.cli.named import one_named
    from hortus.processes.incidents.words import FunctionSaid

    slug, mark, value = condition.partition("=")
    if not mark:
        raise BadInput(
            f"{condition!r} is not FUNCTION=CONDITION, as in scratch=degraded.", "bad-condition", "condition"
        )
    return FunctionSaid(one_named(Function, Function.objects.filter(team=team), slug, about="condition"), value)


def _spoken(function: Any) -> Any:
    """Add the options of what an update says."""
    options = [
        click.option("--can", default="", help="What users can do, in one sentence."),
        click.option("--cannot", default="", help="What users cannot do."),
        click.option("--instead", default="", help="What users can do instead."),
        click.option("--public", is_flag=True, help="Publish it on the status page."),
        click.option("--headline", default="", help="What it is published as; else the incident's sentence."),
        click.option("--condition", "conditions", multiple=True, metavar="FUNCTION=CONDITION",
                     help="How a function stands from now on; may be given again. Needs --public."),
        click.option("--data-safe", default="", metavar="yes|no|unknown"),
        click.option("--running-jobs", default="", metavar="safe|at-risk|lost"),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def _tell(
    number: int, team: str | None, by: str | None, key: str, then: str, next_minutes: int | None, trying: str,
    public: bool, conditions: tuple[str, ...], **said: Any,
) -> Answer:  # fmt: skip
    """Write an update, and answer what came of it."""
    from hortus.ledger import clock
    from hortus.processes.incidents import words

    chosen = team_named(team)
    incident = _incident(chosen, number)
    due: datetime | None = clock.now() + timedelta(minutes=next_minutes) if next_minutes is not None else None
    told = words.Said(
        trying=trying, next_due=due, is_public=public, conditions=[_said(chosen, one) for one in conditions], **said
    )  # fmt: skip
    outcome = words.update(incident, told, by=_person(chosen, by), door="cli", then=then, client_key=key)
    return _answer(incident, outcome)


def _answer(incident: "Incident", outcome: "Outcome") -> Answer:
    from hortus.processes.incidents.shapes import update_as_dict

    data = _whole(incident) | {"update": update_as_dict(outcome.update), "why_not": outcome.why_not}
    text = outcome.why_not or f"Incident #{incident.number} is {incident.state}; {_clock(incident)}."
    return Answer(data, text, trouble=bool(outcome.why_not))


@declare("update")
@click.argument("number", type=click.IntRange(min=1))
@click.argument("trying", default="")
@_spoken
@click.option(
    "--next",
    "next_minutes",
    type=click.IntRange(min=1, max=10_080),
    metavar="MINUTES",
    help="When the next word is promised; by custom 30 minutes while active, 2 hours while contained.",
)
@click.option(
    "--then",
    type=click.Choice(["contain", "regress", "resolve"]),
    default=None,
    help="Move the incident on with these words.",
)
@BY
@KEY
@of_team
def update(then: str | None, **told: Any) -> Answer:
    """Say how incident NUMBER stands: what you are TRYING, and what users can and cannot do."""
    return _tell(then=then or "", **told)


@declare("resolve")
@click.argument("number", type=click.IntRange(min=1))
@click.argument("trying", metavar="[WORD]", default="")
@_spoken
@BY
@KEY
@of_team
def resolve(number: int, trying: str, by: str | None, key: str, team: str | None, **told: Any) -> Answer:
    """Say that incident NUMBER is over, with a last WORD; published ones need --public and --condition."""
    if not trying and not any(told.values()):
        raise BadInput(
            "The last word is missing: say in a sentence how it ended, as in "
            f'`hortus incident resolve {number} "The old version is back; log in as always."`.',
            "says-nothing", "trying",
        )  # fmt: skip
    return _tell(number, team, by, key, "resolve", None, trying, **told)


@declare("watch")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--stop", is_flag=True, help="Watch it no longer.")
@BY
@of_team
def watch(number: int, stop: bool, by: str | None, team: str | None) -> Answer:
    """Be told what is said of incident NUMBER; whoever may read it may. The same again changes nothing."""
    from hortus.processes.incidents import roles

    chosen = team_named(team)
    person = _person(chosen, by, action="R")
    done = (roles.unwatch if stop else roles.watch)(_incident(chosen, number), by=person, door="cli")
    text = f"{person} {'does not watch' if stop else 'watches'} incident #{number}{' any more' if stop else ''}."
    return Answer(_whole(done), text)


@declare("list")
@click.option("--all", "all_", is_flag=True, help="Also those that are over, the newest 200.")
@of_team
def list_(all_: bool, team: str | None) -> Answer:
    """List incidents that are open or reported, with when the next word is due."""
    from hortus.processes.incidents.models import Incident
    from hortus.processes.incidents.shapes import incident_as_dict

    chosen = team_named(team)
    mine = Incident.objects.filter(team=chosen)
    found = (mine if all_ else mine.live()).shown()[:200]
    rows = [
        (f"#{one.number}", one.state, one.lead.name if one.lead else "nobody", _clock(one), one.title) for one in found
    ]
    head = ("incident", "state", "lead", "clock", "what users cannot do")
    text = table(rows, head) if rows else "No incident is open." if not all_ else "There was no incident yet."
    return Answer({"team": chosen.slug, "incidents": [incident_as_dict(one) for one in found]}, text)


@declare("show")
@click.argument("number", type=click.IntRange(min=1))
@of_team
def show(number: int, team: str | None) -> Answer:
    """Show one incident: how it stands, and its timeline."""
    from hortus.ledger.models import Event
    from hortus.processes.incidents.shapes import event_as_dict

    chosen = team_named(team)
    incident = _incident(chosen, number)
    events = Event.objects.filter(team=chosen).about("incident", str(number)).select_related("actor")
    lines = [event_as_dict(event) for event in events.order_by("occurred_at", "id")]
    text = [f"#{number} {incident.title}", f"{incident.state}; {_clock(incident)}", ""]
    for line in lines:
        told = "; ".join(line["told"])
        text.append(f"{line['at'].astimezone(chosen.zoneinfo):%Y-%m-%d %H:%M}  {line['verb']}, {line['by']}"
                    f"{f': {told}' if told else ''}")  # fmt: skip
    return Answer(_whole(incident) | {"timeline": lines}, "\n".join(text))


for _each in (declare_, update, resolve, watch, list_, show, incident_import.command):
    command.add_command(_each)
