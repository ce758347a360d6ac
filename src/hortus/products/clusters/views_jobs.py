"""Pages of jobs: the filtered list, the same as CSV, and one job in words."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.products.clusters import pictures, queries
from hortus.products.clusters.forms import JobsForm
from hortus.products.clusters.measures import job_link
from hortus.products.clusters.views import crumbs, find
from hortus.telemetry.history import Row
from hortus.web.tables import as_csv, page_number
from hortus.web.words import counted

PAGE, MOST_CSV = 50, 100_000
COLUMNS = (
    "cluster", "job_id", "raw_id", "attempt", "partition", "size_class", "cpus", "nodes", "gpus", "state", "submit_at",
    "ready_at", "start_at", "end_at", "waited_seconds", "promise_seconds", "is_late", "is_lost", "run_seconds",
    "timelimit_seconds", "reason",
)  # fmt: skip
PERSONS = ("name", "user_name", "group_name", "account")


class _Found:
    """A list that knows its length and one page: what Django's paginator needs."""

    def __init__(self, rows: list[Row], total: int) -> None:
        self.rows, self.total = rows, total

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, part: slice) -> list[Row]:
        return self.rows


@require_safe
@team_page(Kind.JOB)
def jobs(request: TeamRequest, name: str) -> HttpResponse:
    """List jobs, newest first."""
    found = find(request, name)
    persons = request.standing.may(Action.READ, Kind.JOB_PERSON)
    form = JobsForm(request.GET, persons=persons)
    number = page_number(request.GET.get("page", "1"))
    page = queries.jobs(found, form.wanted(request.team), PAGE, (number - 1) * PAGE)
    paginator: Paginator[Any] = Paginator(_Found(list(page.rows), page.total), PAGE)  # type: ignore[arg-type]
    rows = [(job_link(request.team, row), row) for row in page.rows]
    query = urlencode({key: str(value) for key, value in request.GET.items() if value and key != "page"})
    place = [request.team.slug, found.name]
    context = {
        "cluster": found, "form": form, "rows": rows, "page": paginator.get_page(number), "persons": persons,
        "crumbs": crumbs(request, found, ("Jobs", "")), "heading": f"{counted(page.total, 'job')} on {found.name}",
        "csv_url": f"{reverse('clusters:jobs-csv', args=place)}?{query}", "most_csv": MOST_CSV,
        "json_url": f"/api/v1/teams/{request.team.slug}/clusters/{found.name}/jobs?{query}",
    }  # fmt: skip
    return render(request, "clusters/jobs.html", context)


@require_safe
@team_page(Kind.JOB)
def jobs_csv(request: TeamRequest, name: str) -> HttpResponse:
    """Give the same jobs as CSV, at most a hundred thousand of them."""
    found = find(request, name)
    persons = request.standing.may(Action.READ, Kind.JOB_PERSON)
    page = queries.jobs(found, JobsForm(request.GET, persons=persons).wanted(request.team), MOST_CSV, 0)
    columns = COLUMNS + (PERSONS if persons else ())
    return as_csv(f"{found.name}-jobs.csv", columns, ([row[column] for column in columns] for row in page.rows))


@require_safe
@team_page(Kind.JOB)
def job(request: TeamRequest, name: str, raw_id: str, submitted: int, attempt: int) -> HttpResponse:
    """Show one job: what happened, in words."""
    found = find(request, name)
    sane = submitted < 253_000_000_000 and attempt < 2**31
    row = queries.job(found, raw_id, submitted, attempt) if sane else None
    if row is None:
        raise Http404
    persons = request.standing.may(Action.READ, Kind.JOB_PERSON)
    others = [other for other in queries.attempts(found, raw_id) if not _same(other, row)]
    place = [request.team.slug, found.name]
    context = {
        "cluster": found, "job": row, "persons": persons, "told": pictures.told(row), "steps": _steps(row),
        "others": [(job_link(request.team, other), other) for other in others],
        "crumbs": crumbs(request, found, ("Jobs", reverse("clusters:jobs", args=place)), (row["job_id"], "")),
    }  # fmt: skip
    return render(request, "clusters/job.html", context)


def _same(one: Row, other: Row) -> bool:
    return (one["submit_at"], one["attempt"]) == (other["submit_at"], other["attempt"])


def _steps(row: Row) -> list[tuple[str, datetime]]:
    moments = [("Submitted", row["submit_at"]), ("Started", row["start_at"]), ("Ended", row["end_at"])]
    if row["eligible_at"] and row["eligible_at"] > row["submit_at"]:
        moments.insert(1, ("Free to start", row["eligible_at"]))
    return [(words, at) for words, at in moments if at is not None]
