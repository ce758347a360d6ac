"""`hortus outbox`: what messages wait, were given up or held, and what to do with them."""

from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, table
from hortus.cli.frame import command as declare
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.ledger.outbox.models import Delivery

STATES = click.Choice(["due", "held", "accepted", "dead", "dropped"])
HEAD = ("id", "state", "tries", "said (UTC)", "recipient", "by", "message", "last answer")


@click.group(name="outbox")
def command() -> None:
    """Show messages and what became of them; retry, release or drop what did not leave."""


def _listed(rows: "list[Delivery]") -> tuple[list[dict[str, Any]], str]:
    from hortus.ledger.outbox import reads
    from hortus.ledger.outbox.messages_api import delivery_as_dict

    called = reads.names(rows)
    data = [
        delivery_as_dict(one, called)
        | {"message": str(one.message_id), "subject": one.message.subject, "made_at": one.made_at.isoformat()}
        | {at: found.isoformat() if (found := getattr(one, at)) else None for at in ("not_before", "ended_at")}
        for one in rows
    ]
    cells = [(d["id"], d["state"], d["attempts"], d["made_at"][:16].replace("T", " "), d["recipient"], d["channel"],
              d["subject"][:40], d["reason"][:60]) for d in data]  # fmt: skip
    return data, table(cells, HEAD)


@declare("list")
@of_team
@click.option("--state", type=STATES, help="Only deliveries in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Deliveries to show.")
def list_(team: str | None, state: str | None, limit: int) -> Answer:
    """List deliveries, the newest first; exit code 1 when some were given up or are held."""
    from django.db.models import Count

    from hortus.config import preparation
    from hortus.ledger.outbox.models import Delivery

    preparation.refuse_stale()
    chosen = team_named(team)
    mine = Delivery.objects.filter(team=chosen)
    counts: dict[str, int] = dict(mine.order_by().values_list("state").annotate(n=Count("pk")))
    shown = (mine.filter(state=state) if state else mine).select_related("message")
    data, rows = _listed(list(shown[:limit]))
    summed = ", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "No message was said yet."
    answer = {"team": chosen.slug, "counts": counts, "deliveries": data}
    return Answer(answer, "\n".join([summed, rows] if data else [summed]), trouble=bool({"dead", "held"} & set(counts)))


def _decide(team: str | None, ids: tuple[int, ...], everything: bool, verb: str, states: tuple[str, ...]) -> Answer:
    from hortus.config import preparation
    from hortus.ledger.outbox import actions
    from hortus.ledger.outbox.models import Delivery

    preparation.refuse_stale()
    chosen = team_named(team)
    if not ids and not everything:
        raise BadInput("Name the ids of deliveries, as `hortus outbox list` shows them, or --all.", "nothing-named")
    if everything:
        open_ones = Delivery.objects.filter(team=chosen, state__in=states)
        ids = (*ids, *open_ones.values_list("pk", flat=True))
    count: int = getattr(actions, verb)(chosen, ids, by=None, door="cli")
    done = {"retry": "tried again", "release": "sent", "drop": "never sent"}[verb]
    return Answer({"team": chosen.slug, verb: count}, f"{count} {'is' if count == 1 else 'are'} {done}.")


@declare("retry")
@click.argument("ids", type=click.IntRange(1, 2**63 - 1), nargs=-1)
@of_team
@click.option("--all", "everything", is_flag=True, help="Every delivery of the team that was given up.")
def retry(team: str | None, ids: tuple[int, ...], everything: bool) -> Answer:
    """Try deliveries again that were given up; they have three days before them."""
    return _decide(team, ids, everything, "retry", ("dead",))


@declare("release")
@click.argument("ids", type=click.IntRange(1, 2**63 - 1), nargs=-1)
@of_team
@click.option("--all", "everything", is_flag=True, help="Every delivery of the team that is held.")
def release(team: str | None, ids: tuple[int, ...], everything: bool) -> Answer:
    """Send what came back with a restored backup; it may have been sent before."""
    return _decide(team, ids, everything, "release", ("held",))


@declare("drop")
@click.argument("ids", type=click.IntRange(1, 2**63 - 1), nargs=-1)
@of_team
@click.option("--all", "everything", is_flag=True, help="Every delivery of the team that is held.")
def drop(team: str | None, ids: tuple[int, ...], everything: bool) -> Answer:
    """Never send deliveries that were given up or held."""
    return _decide(team, ids, everything, "drop", ("held",))


for _one in (list_, retry, release, drop):
    command.add_command(_one)
