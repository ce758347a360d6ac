"""Verbs of procedures and runs: versions, proposals and conflicts, words of a run, moves, waiting and the end."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.access.doors import standing_in
from hortus.access.models import Person, Team
from hortus.catalogue import actions as catalogue
from hortus.ledger import search
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.processes.procedures import actions, runs
from hortus.processes.procedures.markdown import read
from hortus.processes.procedures.models import Entry, Procedure, Run, Version
from hortus.processes.procedures.rules.content import Content
from hortus.processes.procedures.rules.course import NEXT, Outcome, State, Waiting
from hortus.processes.procedures.rules.standing import Kept
from hortus.processes.procedures.runs import Heard, Word
from hortus.values.refused import Refused

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DRAIN = "# Drain a node\n## Ask {#ask}\n## Drain {#drain .critical}\n## Look {#look}\n"


def content(text: str = DRAIN) -> Content:
    return read(text).content


@pytest.fixture
def drain(team: Team, lead: Person) -> Procedure:
    return actions.write(team, content(), by=lead, door="web")


def publish(procedure: Procedure, text: str, by: Person, base: int = 1) -> Version:
    return actions.publish(procedure, content(text), base=base, reason="It said too little.", by=by, door="web").version


def word(run: Run, key: str, said: str = "done", note: str = "", **more: object) -> Word:
    step = next(one for one in run.version.content.steps if one.key == key)
    return Word(key, step.digest, said, note, version=run.version.number, **more)  # type: ignore[arg-type]


def say(run: Run, key: str, by: Person, said: str = "done", note: str = "") -> Heard:
    run.refresh_from_db()
    return runs.say(run, word(run, key, said, note, seen=run.last_number), by=by, door="web")


def verbs(ref: Ref) -> list[str]:
    return list(Event.objects.about(ref.kind, ref.id).order_by("id").values_list("verb", flat=True))


def stands(run: Run) -> dict[str, str]:
    found = Run.objects.get(pk=run.pk).standing
    return {key: one.state.value for key, one in found.steps.items()}


def test_a_procedure_is_written_found_and_told(team: Team, lead: Person, drain: Procedure) -> None:
    assert (drain.slug, drain.title, drain.owner) == ("drain-a-node", "Drain a node", lead)
    version = drain.current
    assert version is not None
    assert (version.number, version.content) == (1, content())
    assert verbs(drain.ref) == ["written"]
    standing = standing_in(lead, team.slug)
    assert standing is not None
    assert [hit.name for hit in search.search(standing, "drain") if hit.kind == "procedure"] == ["Drain a node"]
    with pytest.raises(Refused, match="another procedure"):
        actions.write(team, content(), by=lead, door="web", slug="drain-a-node")


def test_a_version_replaces_the_one_that_its_author_read(lead: Person, member: Person, drain: Procedure) -> None:
    first = drain.current
    second = publish(drain, DRAIN + "## Tell {#tell}\n", member)
    drain.refresh_from_db()
    assert drain.current == second
    assert first is not None
    assert Version.objects.get(pk=first.pk).status == "superseded"
    assert Version.objects.get(pk=first.pk).content == content()  # its words stay
    same = actions.publish(drain, content(DRAIN + "## Tell {#tell}\n"), base=2, reason="", by=lead, door="web")
    assert (same.version, same.is_new) == (second, False)
    with pytest.raises(Refused) as caught:
        actions.publish(drain, content(), base=2, reason=" ", by=lead, door="web")
    assert caught.value.field == "change_reason"


def test_who_did_not_read_the_current_version_proposes(lead: Person, member: Person, drain: Procedure) -> None:
    publish(drain, DRAIN + "## Tell {#tell}\n", lead)
    late = publish(drain, DRAIN + "## Sing {#sing}\n", member, base=1)
    assert (late.status, late.base, late.number) == ("proposed", 1, 3)
    assert drain.current is not None
    assert drain.current.number == 2
    again = actions.propose(drain, late.content, base=1, reason="Once more.", by=member, door="web")
    assert (again.version, again.is_new) == (late, False)
    actions.accept(late, by=lead, door="web")
    assert drain.current == late
    for verb in (actions.accept, lambda one, **k: actions.decline(one, "No.", **k)):
        with pytest.raises(Refused, match="decided on already"):
            verb(late, by=lead, door="web")
    other = actions.propose(drain, content(), base=3, reason="Shorter.", by=member, door="web").version
    actions.decline(other, "It would leave out whom to tell.", by=lead, door="web")
    assert verbs(drain.ref) == ["written", "published", "proposed", "published", "proposed", "proposal declined"]
    assert Version.objects.get(pk=other.pk).content == content()


def test_a_retired_procedure_says_why_and_its_runs_go_on(lead: Person, member: Person, drain: Procedure) -> None:
    run = runs.plan(drain, by=member, door="web")
    assert actions.retire(drain, "The nodes are gone.", by=lead, door="web")
    assert not actions.retire(drain, "Again.", by=lead, door="web")
    drain.refresh_from_db()
    for refused in (
        lambda: runs.plan(drain, by=member, door="web"),
        lambda: publish(drain, "# T\n## A\n", lead),
    ):
        with pytest.raises(Refused, match="The nodes are gone"):
            refused()
    assert say(run, "ask", member).why is None
    assert actions.revive(drain, by=lead, door="web")
    assert not actions.revive(drain, by=lead, door="web")


def test_owner_and_services_are_of_the_team(
    team: Team, other_team: Team, lead: Person, member: Person, drain: Procedure
) -> None:
    mine, theirs = (
        catalogue.add(one, catalogue.Details("Web", "data", "Answers."), by=None, door="web")
        for one in (team, other_team)
    )
    assert actions.describe(drain, owner=member, services=[mine], by=lead, door="web") == ["owner", "services"]
    assert actions.describe(drain, owner=member, services=[mine], by=lead, door="web") == []
    with pytest.raises(Refused, match="is not of"):
        actions.describe(drain, owner=member, services=[theirs], by=lead, door="web")


def test_a_run_is_followed_to_its_end(lead: Person, member: Person, drain: Procedure) -> None:
    incident = Ref("incident", "7", "Nodes are hot")
    run = runs.plan(drain, by=member, door="web", reason="A fan is loud.", about=incident, client_key="once")
    assert runs.plan(drain, by=member, door="web", client_key="once") == run
    assert verbs(incident) == ["procedure started"]
    say(run, "ask", member)
    with pytest.raises(Refused, match="“Drain”"):
        runs.check(run, by=member, door="web")
    say(run, "drain", member, "failed", "The command hangs.")
    with pytest.raises(Refused, match="“Drain”"):
        runs.check(run, by=member, door="web")
    runs.wait(run, Waiting.PERSON, "", person=lead, until=NOW + timedelta(days=1), by=member, door="web", at=NOW)
    run.refresh_from_db()
    assert (run.state, run.waiting_person) == ("waiting", lead)
    runs.go_on(run, by=lead, door="web")
    assert runs.hand(run, lead, by=member, door="web")
    assert not runs.hand(run, lead, by=member, door="web")
    say(run, "drain", lead, "differently", "By the other command.")
    runs.check(run, by=lead, door="web")
    with pytest.raises(Refused, match="sentence"):
        runs.end(run, Outcome.PARTLY, "", by=lead, door="web")
    runs.end(run, Outcome.GOOD, "", by=lead, door="web")
    run.refresh_from_db()
    assert (run.state, run.outcome, run.waiting, run.waiting_person) == ("done", "good", "", None)
    assert stands(run) == {"ask": "done", "drain": "differently", "look": "todo"}
    assert verbs(incident) == ["procedure started", "procedure done"]
    late = say(run, "look", member)
    assert late.why is Kept.OVER
    assert stands(run)["look"] == "todo"


def test_what_was_said_stays_when_the_run_moves(lead: Person, member: Person, drain: Procedure) -> None:
    run = runs.plan(drain, by=member, door="web")
    for key in ("ask", "drain", "look"):
        say(run, key, member)
    second = publish(
        drain, "# Drain a node\n## Ask {#ask}\n## Drain it slowly {#drain .critical}\n## Tell {#tell}", lead
    )
    with pytest.raises(Refused, match="look at the difference again"):
        runs.move(run, second, seen_from=2, by=lead, door="web")
    stale = word(Run.objects.get(pk=run.pk), "drain")
    assert runs.move(run, second, seen_from=1, by=lead, door="web")
    assert not runs.move(run, second, seen_from=1, by=lead, door="web")  # the same click once more
    assert stands(run) == {"ask": "done", "drain": "todo", "tell": "todo"}
    found = Run.objects.get(pk=run.pk).standing
    assert list(found.gone) == ["look"]
    assert [why for _, why in found.steps["drain"].kept] == [Kept.REOPENED]
    assert runs.say(run, stale, by=member, door="web").why is Kept.REWORDED
    assert stands(run)["drain"] == "todo"
    assert Entry.objects.filter(run=run).count() == 5


def test_a_run_that_was_checked_goes_on_when_a_move_opens_a_critical_step(lead: Person, drain: Procedure) -> None:
    run = runs.plan(drain, by=lead, door="web")
    say(run, "drain", lead)
    runs.check(run, by=lead, door="web")
    second = publish(drain, "# Drain a node\n## Drain it slowly {#drain .critical}\n", lead)
    runs.move(run, second, seen_from=1, by=lead, door="web")
    run.refresh_from_db()
    assert (run.state, run.version) == ("running", second)


def test_the_same_word_sent_again_is_written_once(member: Person, drain: Procedure) -> None:
    run = runs.plan(drain, by=member, door="web")
    told = word(run, "ask", client_id=uuid.uuid4())
    first, again = (runs.say(run, told, by=member, door="api") for _ in range(2))
    assert (first.is_new, again.is_new, again.entry) == (True, False, first.entry)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (Word("ask", "x", "well"), "unknown-word"), (Word("ask", "x", "skipped"), "no-note"),
        (Word("", "x", "done"), "bad-step"), (Word("a" * 41, "x", "done"), "bad-step"),
        (Word("ask", "x" * 17, "done"), "bad-step"), (Word("ask", "x", "done", seen=-1), "bad-step"),
        (Word("ask", "x", "done", version=9), "no-version"), (Word("ask", "x", "failed", "y" * 301), "too-long"),
    ],
)  # fmt: skip
def test_a_word_of_which_nothing_can_be_made_is_refused(
    member: Person, drain: Procedure, told: Word, code: str
) -> None:
    run = runs.plan(drain, by=member, door="web")
    with pytest.raises(Refused) as caught:
        runs.hear(run, [word(run, "ask"), told], by=member, door="api")
    assert caught.value.code == code
    assert not Entry.objects.exists()  # all or none


def test_a_planned_run_follows_what_is_current_when_it_begins(lead: Person, drain: Procedure) -> None:
    run = runs.plan(drain, by=lead, door="web", starts=False)
    with pytest.raises(Refused, match="only planned"):
        say(run, "ask", lead)
    second = publish(drain, "# Drain a node\n## Ask twice {#ask}\n", lead)
    runs.begin(run, by=lead, door="web")
    run.refresh_from_db()
    assert (run.version, run.began_with, run.state) == (second, second, "running")
    other = runs.plan(drain, by=lead, door="web", starts=False)
    runs.give_up(other, "Not needed.", by=lead, door="web")
    other.refresh_from_db()
    assert (other.state, other.sentence) == ("cancelled", "Not needed.")


VERBS: dict[str, Callable[[Run, Person], object]] = {
    "begin": lambda run, who: runs.begin(run, by=who, door="web"),
    "wait": lambda run, who: runs.wait(run, Waiting.OUTSIDE, "the vendor", by=who, door="web"),
    "go on": lambda run, who: runs.go_on(run, by=who, door="web"),
    "check": lambda run, who: runs.check(run, by=who, door="web"),
    "end": lambda run, who: runs.end(run, Outcome.NO, "It broke.", by=who, door="web"),
    "give up": lambda run, who: runs.give_up(run, "No time.", by=who, door="web"),
    "drain": lambda run, who: say(run, "drain", who),
    "reopen": lambda run, who: say(run, "drain", who, "todo"),
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.booleans(), st.lists(st.sampled_from(sorted(VERBS)), max_size=9))
def test_only_ways_that_exist_are_gone(lead: Person, drain: Procedure, starts: bool, tried: list[str]) -> None:
    with transaction.atomic():
        run = runs.plan(drain, by=lead, door="web", starts=starts)
        for verb in tried:
            before, entries = run.stands, run.entries.count()
            try:
                VERBS[verb](run, lead)
            except Refused:
                run.refresh_from_db()
                assert (run.stands, run.entries.count()) == (before, entries)
                continue
            run.refresh_from_db()
            assert run.stands is before or run.stands in NEXT[before]
            assert run.stands.is_over == (run.ended_at is not None)
            if before is State.RUNNING and run.stands is State.CHECKING:
                assert stands(run)["drain"] == "done"
        transaction.set_rollback(True)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write after the other, so both see all")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_proposes(team: Team, lead: Person, member: Person) -> None:
    drain = actions.write(team, content(), by=lead, door="web")
    became: list[object] = []
    gate = threading.Barrier(2)

    def write(who: Person, text: str) -> None:
        try:
            gate.wait(30)
            became.append(publish(drain, DRAIN + text, who).status)
        except Exception as error:
            became.append(error)
        finally:
            connection.close()

    both = [threading.Thread(target=write, args=args) for args in ((lead, "## A\n"), (member, "## B\n"))]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert sorted(map(str, became)) == ["current", "proposed"]
    assert drain.versions.count() == 3


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write after the other, so both see all")
@pytest.mark.django_db(transaction=True)
def test_words_and_moves_at_once_are_all_kept_in_one_order(team: Team, lead: Person, member: Person) -> None:
    drain = actions.write(team, content(), by=lead, door="web")
    run = runs.plan(drain, by=lead, door="web")
    second = publish(drain, DRAIN + "## Tell {#tell}\n", lead)
    told = [word(run, key) for key in ("ask", "drain", "look")]
    became: list[object] = []
    gate = threading.Barrier(4)

    def act(verb: Callable[[], object]) -> None:
        try:
            gate.wait(30)
            became.append(verb())
        except Exception as error:
            became.append(error)
        finally:
            connection.close()

    acts = [lambda one=one: runs.say(run, one, by=member, door="api") for one in told]
    acts.append(lambda: runs.move(run, second, seen_from=1, by=lead, door="web"))
    threads = [threading.Thread(target=act, args=[one]) for one in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert not [one for one in became if isinstance(one, Exception)]
    assert list(run.entries.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert stands(run) == {"ask": "done", "drain": "done", "look": "done", "tell": "todo"}
