"""`hortus telemetry polls`: schedulers that are asked for jobs and node events every few minutes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, table
from hortus.cli.frame import command as declare
from hortus.cli.named import one_named
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.telemetry.engines.models import Poll
    from hortus.telemetry.models import Cluster


@click.group(name="polls")
def polls() -> None:
    """Schedulers that are asked every few minutes: sacct and sacctmgr on this machine, or slurmrestd.

    Exit code 0: all is well; 1: something was wrong the last time; 2: bad input. With --json a poll looks as in the
    API.
    """


def _cluster(team: str | None, name: str) -> "Cluster":
    from hortus.telemetry.models import Cluster

    mine = Cluster.objects.filter(team=team_named(team)).select_related("team")
    return one_named(Cluster, mine, name, by="name", none="none yet; the first import makes it")


def _found(team: str | None, name: str) -> "Poll":
    from hortus.telemetry.engines.models import Poll

    cluster = _cluster(team, name)
    found: Poll | None = Poll.objects.filter(cluster=cluster).select_related("team", "cluster__team").first()
    if found is None:
        told = f"The scheduler of {name} is not asked yet; begin with `hortus telemetry polls set {name}`."
        raise BadInput(told, "no-poll", "cluster")
    return found


def _data(held: "Poll") -> dict[str, Any]:
    from hortus.telemetry.engines.api_sources import PollOut

    return PollOut.from_orm(held).model_dump(mode="json")


@declare("list")
@of_team
def list_(team: str | None) -> Answer:
    """Show which schedulers are asked, and what was wrong the last time."""
    from hortus.telemetry.engines.models import Poll

    found = list(Poll.objects.filter(team=team_named(team)).select_related("cluster"))
    rows = [
        (one.cluster.name, one.source, f"{one.period_minutes} min",
         f"{one.polled_until:%Y-%m-%d %H:%M}" if one.polled_until else "not asked yet", one.finding or "none")
        for one in found
    ]  # fmt: skip
    text = table(rows, ("cluster", "asked by", "every", "jobs until (UTC)", "finding"))
    data = [_data(one) for one in found]
    return Answer(data, text if rows else "No scheduler is asked yet.", trouble=any(one.finding for one in found))


@declare("set")
@click.argument("cluster")
@click.option("--source", default="sacct", show_default=True, help="sacct or slurmrestd.")
@click.option("--every", "period_minutes", type=int, default=10, show_default=True, help="5, 10, 15, 30 or 60 minutes.")
@click.option(
    "--url", default="", help="Of the list of jobs of slurmrestd, as in http://host:6820/slurmdb/v0.0.38/jobs."
)
@click.option("--user", "user_name", default="", help="For slurmrestd: whom the token is for.")
@click.option("--token-name", default="", help="For slurmrestd: SLURM for the variable ENGINE_TOKEN_SLURM.")
@click.option("--since", type=click.DateTime(), help="From when on, in UTC; an hour ago when left out.")
@of_team
def set_(cluster: str, team: str | None, since: datetime | None, **given: Any) -> Answer:
    """Have the scheduler of a cluster asked every few minutes, or change how it is; it goes on where it was."""
    from hortus.telemetry.engines import actions

    began = since.replace(tzinfo=UTC) if since else None
    held = actions.set_poll(_cluster(team, cluster), **given, since=began, by=None, door="cli")
    told = f"{held.get_source_display()} is asked for the jobs of {cluster} every {held.period_minutes} minutes."
    return Answer(_data(held), told)


@declare("check")
@click.argument("cluster")
@of_team
def check(cluster: str, team: str | None) -> Answer:
    """Ask a scheduler now, and import what it says."""
    from hortus.telemetry.engines.polling import poll

    held = _found(team, cluster)
    made = poll(held)
    counts = {key: made.result[key] for key in ("read", "new", "known", "updated", "rejected")} if made else None
    lines = (
        [f"{cluster}: {counts['read']} jobs read, {counts['new']} new, {counts['updated']} further on."]
        if counts
        else []
    )
    lines += [held.finding] if held.finding else []
    return Answer(_data(held) | {"jobs": counts}, "\n".join(lines), trouble=bool(held.finding))


@declare("stop")
@click.argument("cluster")
@of_team
def stop(cluster: str, team: str | None) -> Answer:
    """Ask a scheduler no more; the jobs that were imported stay."""
    from hortus.telemetry.engines import actions

    actions.stop_poll(_found(team, cluster), by=None, door="cli")
    return Answer({"stopped": cluster}, f"The scheduler of {cluster} is not asked any more.")


for _each in (list_, set_, check, stop):
    polls.add_command(_each)
