"""The measure of procedures: which are in use, and what they leave unsaid, on the day itself."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hortus.access.models import Person, Team
from hortus.processes.procedures import actions, measures, runs
from hortus.processes.procedures.markdown import read
from hortus.values.evidence import Link, Slice

DAY = timedelta(days=1)
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
ON = date(2026, 3, 4)
WHOLE = "---\ntitle: {}\ngoal: g\nwhy: w\ngood_result: r\n---\n## Do it {{#do}}"


@pytest.mark.django_db
def test_procedures_in_use_are_counted_as_they_stood_then(team: Team, lead: Person) -> None:
    assert measures.living_procedures(team, ON) is None
    whole = actions.write(team, read(WHOLE.format("Whole")).content, by=lead, door="web", at=AT - 500 * DAY)
    bare = actions.write(team, read("# Bare\n## Do it {#do}").content, by=lead, door="web", at=AT - 40 * DAY)
    actions.write(team, read("# Unused\n## Do it {#do}").content, by=lead, door="web", at=AT - 40 * DAY)
    assert measures.living_procedures(team, ON) is None  # nobody followed any
    runs.plan(whole, by=lead, door="web", at=AT - 362 * DAY)
    runs.plan(bare, by=lead, door="web", at=AT)
    runs.plan(bare, by=lead, door="web", at=AT - 3 * DAY, starts=False)
    runs.plan(bare, by=lead, door="web", at=AT + 30 * DAY)  # later than the day that is asked for
    found = measures.living_procedures(team, date(2026, 3, 2))
    assert found is not None
    assert (found.hits, found.n) == (1, 2)
    told = measures.living_procedures_evidence(team, date(2026, 3, 2), Slice(0, 10), persons=False)
    assert [(row[0].text, row[1], row[2]) for row in told.rows if isinstance(row[0], Link)] == [
        ("Bare", "goal, why, good result", 1), ("Whole", "nothing", 1)
    ]  # fmt: skip
    assert told.total == 2
    said = read(WHOLE.format("Bare")).content
    actions.publish(bare, said, base=1, reason="Say why.", by=lead, door="web", at=AT + DAY)
    many = measures.living_procedures_many(team, [AT.date(), ON, AT.date() + 4 * DAY])
    assert [(one.hits, one.n) if one else None for one in many.values()] == [(1, 2), (2, 2), (1, 1)]
    actions.retire(whole, "Gone.", by=lead, door="web", at=AT - DAY)
    now = measures.living_procedures(team, date(2026, 3, 2))
    assert now is not None
    assert (now.hits, now.n) == (0, 1)
