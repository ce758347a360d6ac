"""Rules of procedures on any input: differences of versions, and how the steps of a run stand after words and moves."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from hortus.processes.procedures.rules.content import Content
from hortus.processes.procedures.rules.course import NEXT, State, missing
from hortus.processes.procedures.rules.lint import lint
from hortus.processes.procedures.rules.standing import FINISHED, Kept, Mark, Move, Said, standing
from hortus.processes.procedures.rules.standing import State as Stands
from hortus.processes.procedures.rules.steps import How, Step, Way, as_dict, differences, from_dict

KEYS = ["ask", "drain", "mend", "look", "back", "tell"]
step = st.builds(Step, st.sampled_from(KEYS), st.sampled_from(["one way", "another way"]), is_critical=st.booleans())
version = st.lists(step, min_size=1, max_size=6, unique_by=lambda one: one.key)
JOURNALS = ["", "", "ben", "eve"]


@st.composite
def courses(draw: st.DrawFn) -> tuple[list[Step], list[Mark | Move]]:
    """The steps that a run began with, and what was said and moved: by people on line, and by some who were not."""
    versions = [draw(version)]
    entries: list[Mark | Move] = []
    for number in range(1, draw(st.integers(0, 16)) + 1):
        if draw(st.integers(0, 4)) == 0:
            versions.append(draw(version))
            entries.append(Move(number, versions[-1]))
            continue
        said_of = draw(st.sampled_from(draw(st.sampled_from(versions))))
        entries.append(Mark(
            number, said_of.key, said_of.digest, draw(st.sampled_from(Said)), draw(st.integers(0, number - 1)),
            draw(st.sampled_from(JOURNALS)), draw(st.integers(0, 9)) == 0,
        ))  # fmt: skip
    return versions[0], entries


def in_force(began: Sequence[Step], entries: Sequence[Mark | Move], number: int) -> dict[str, str]:
    """The wording of each step when the entry with this number was written."""
    steps = [began, *(one.steps for one in entries if isinstance(one, Move) and one.number <= number)][-1]
    return {one.key: one.digest for one in steps}


def heads(began: Sequence[Step], entries: Sequence[Mark | Move]) -> set[int]:
    """The slow and obvious answer to which words count."""
    last = len(entries)
    marks = [one for one in entries if isinstance(one, Mark) and not one.is_late]
    fit = [one for one in marks if in_force(began, entries, one.number).get(one.key) == one.digest]
    return {
        one.number
        for one in fit
        if all(in_force(began, entries, at).get(one.key) == one.digest for at in range(one.number, last + 1))
        and not any(
            other.key == one.key and other.number > one.number
            and (one.number <= other.seen or (other.journal and other.journal == one.journal))
            for other in fit
        )
    }  # fmt: skip


@given(courses())
def test_what_counts_agrees_with_the_slow_answer(course: tuple[list[Step], list[Mark | Move]]) -> None:
    found = standing(*course)
    counted = {mark.number for one in (*found.steps.values(), *found.gone.values()) for mark in one.heads}
    assert counted == heads(*course)
    assert list(found.steps) == list(in_force(*course, len(course[1])))


@given(courses())
def test_no_word_is_lost_and_no_step_is_done_in_silence(course: tuple[list[Step], list[Mark | Move]]) -> None:
    began, entries = course
    found = standing(began, entries)
    everything = [*found.steps.items(), *found.gone.items()]
    kept = [(key, mark) for key, one in everything for mark in (*one.heads, *(mark for mark, _ in one.kept))]
    said = sorted((one.key, one.number) for one in entries if isinstance(one, Mark))
    assert sorted((key, mark.number) for key, mark in kept) == said  # each once, at its own step
    now = in_force(began, entries, len(entries))
    for key, one in found.steps.items():
        if one.state.is_finished:
            assert one.heads
            assert all(mark.digest == now[key] and mark.said in FINISHED and not mark.is_late for mark in one.heads)
    assert not any(one.heads for one in found.gone.values())
    assert found.finished == sum(one.state.is_finished for one in found.steps.values())


@settings(max_examples=500)
@given(version, version, st.data())
def test_a_run_moves_between_any_two_versions_without_losing_a_step(
    before: list[Step], after: list[Step], data: st.DataObject
) -> None:
    told = data.draw(st.lists(st.sampled_from(before), unique=True))
    marks = [Mark(i, one.key, one.digest, data.draw(st.sampled_from(Said))) for i, one in enumerate(told, 1)]
    then = standing(before, marks)
    now = standing(before, [*marks, Move(len(marks) + 1, after)])
    assert list(now.steps) == [one.key for one in after]
    for each in differences(before, after):
        if each.how is How.SAME:
            assert now.steps[each.key] == then.steps[each.key]
        elif each.how is How.REMOVED:
            words = [mark for mark in marks if mark.key == each.key]
            assert [mark for mark, _ in (now.gone[each.key].kept)] == words
            assert all(why is Kept.REMOVED for _, why in now.gone[each.key].kept)
        else:
            assert now.steps[each.key].state is Stands.TODO
            assert [mark for mark, _ in now.steps[each.key].kept] == [mark for mark in marks if mark.key == each.key]
    back = standing(before, [*marks, Move(len(marks) + 1, after), Move(len(marks) + 2, before)])
    assert not any(  # what was changed and changed back is not done again by itself
        back.steps[each.key].heads for each in differences(before, after) if each.how is not How.SAME and each.before
    )


def test_words_of_people_who_did_not_know_of_each_other_stand_side_by_side() -> None:
    drain = Step("drain", "Drain it")
    ada = Mark(1, "drain", drain.digest, Said.FAILED)
    ben = Mark(2, "drain", drain.digest, Said.DONE, seen=0, journal="ben")
    assert standing([drain], [ada, ben]).steps["drain"].state is Stands.CONTESTED
    again = Mark(3, "drain", drain.digest, Said.DONE, seen=2)
    assert standing([drain], [ada, ben, again]).steps["drain"].state is Stands.DONE
    other = Mark(3, "drain", drain.digest, Said.DIFFERENTLY, seen=1)
    agreed = standing([drain], [ada, ben, other]).steps["drain"]
    assert agreed.state is Stands.DIFFERENTLY
    assert len(agreed.heads) == 2
    after_all = Mark(3, "drain", drain.digest, Said.TODO, seen=1)
    assert standing([drain], [ada, ben, after_all]).steps["drain"].state is Stands.CONTESTED


@given(version, version)
def test_differences_name_each_step_once_and_lead_from_one_version_to_the_other(
    before: list[Step], after: list[Step]
) -> None:
    found = differences(before, after)
    assert sorted(one.key for one in found) == sorted({one.key for one in (*before, *after)})
    assert [one.after for one in found if one.after] == after
    assert sorted((one.before for one in found if one.before), key=lambda one: one.key) == sorted(
        before, key=lambda one: one.key
    )
    assert differences(before, before) == [one for one in differences(before, before) if one.how is How.SAME]
    assert all((one.how is How.SAME) == (one.before == one.after) for one in found)


def test_a_step_that_only_moved_is_the_same_step() -> None:
    ask, drain = Step("ask", "Ask"), Step("drain", "Drain")
    found = differences([ask, drain], [drain, ask])
    assert [one.how for one in found] == [How.SAME, How.SAME]
    assert all(one.has_moved for one in found)


@given(step)
def test_a_step_comes_back_from_how_it_is_stored(one: Step) -> None:
    assert from_dict(as_dict(one)) == one


@given(courses())
def test_only_critical_steps_that_are_open_keep_a_run_from_its_end(
    course: tuple[list[Step], list[Mark | Move]],
) -> None:
    found = standing(*course)
    steps = [course[0], *(one.steps for one in course[1] if isinstance(one, Move))][-1]
    keep = {one.key for one in missing(steps, found)}
    for one in steps:
        stands = found.steps[one.key].state
        assert (one.key in keep) == (one.is_critical and stands in (Stands.TODO, Stands.FAILED, Stands.CONTESTED))


def test_each_state_of_a_run_has_its_ways_and_what_is_over_has_none() -> None:
    assert set(NEXT) == set(State)
    assert all((not ways) == state.is_over for state, ways in NEXT.items())
    reached = {State.PLANNED}
    for _ in State:
        reached |= {to for state in reached for to in NEXT[state]}
    assert reached == set(State)


def test_what_is_left_open_is_told_and_never_refused() -> None:
    whole = Content("Drain", "g", "w", "good", "when", "back", steps=(Step("a", "Drain the node"),))
    assert lint(whole) == []
    bare = Content("Drain", way=Way.DO_CONFIRM, steps=tuple(Step(f"s{i}", "x", is_critical=True) for i in range(10)))
    told = "\n".join(lint(bare))
    assert "why" in told
    assert "good result" in told
    assert "when it is to be used" in told
    assert "10 critical" in told
    assert "“ensure”" in lint(Content("T", "g", "w", "r", "p", "b", steps=(Step("a", "Ensure it works"),)))[0]
