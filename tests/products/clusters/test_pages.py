"""Pages of clusters: who sees what, filters, words, links to jobs, queries."""

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from handmade import NOON, Events, Job, bring

from hortus.access.models import Person, Team
from hortus.products.clusters import actions
from hortus.telemetry.models import BatchImport, Cluster
from tests.conftest import signed_in  # type: ignore[import-not-found]

NOBODY_MAY_SEE = ("beatrice", "secretlab", "my-thesis")


@pytest.fixture(autouse=True)
def _later(data_dir: Path):  # type: ignore[no-untyped-def]
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def cluster(team: Team) -> Cluster:
    jobs = [
        Job(n, user="beatrice", account="secretlab", name="my-thesis", partition=("short", "long")[n % 2])
        for n in range(40)
    ]
    lost = Job(100, state="NODE_FAIL", user="beatrice")
    waiting = Job(101, start=None, end=None, state="PENDING", reason="Resources", user="beatrice")
    odd = Job(102, partition='a"><script>x</script>', user="beatrice", name="=cmd()")
    early = Job(103, eligible=NOON + timedelta(hours=2), start=None, end=NOON, state="CANCELLED by 1", user="beatrice")
    begin = datetime(2026, 12, 1, tzinfo=UTC)
    later = Job(104, eligible=begin, start=None, end=None, state="PENDING", user="beatrice")
    found = bring(team, early, later, *(job.at(NOON - timedelta(days=job.n)) for job in jobs), lost, waiting, odd)
    actions.derive(found, by=None, door="cli")
    Events().out("n1", NOON, NOON + timedelta(hours=5)).bring(team, 4, NOON - timedelta(days=30), NOON)
    return found


def url(name: str, *more: object) -> str:
    return reverse(f"clusters:{name}", args=["rcd", *more])


PAGES = ["clusters", "cluster", "waits-csv", "jobs", "jobs-csv", "promises", "imports"]


def _page(name: str) -> str:
    return url(name) if name in ("clusters", "imports") else url(name, "alder")


@pytest.mark.parametrize("name", PAGES)
def test_the_team_reads_strangers_and_guests_do_not(
    cluster: Cluster, as_member: Client, as_lead: Client, as_stranger: Client, guest: Person, name: str
) -> None:
    for client in (as_member, as_lead):
        assert client.get(_page(name)).status_code == 200
    for client in (as_stranger, signed_in(guest)):
        assert client.get(_page(name)).status_code == 404
    assert Client().get(_page(name)).status_code == 302


@pytest.mark.parametrize("name", PAGES)
def test_a_reader_learns_no_names(cluster: Cluster, reader: Person, as_member: Client, name: str) -> None:
    text = signed_in(reader).get(_page(name)).content.decode()
    assert not any(secret in text for secret in NOBODY_MAY_SEE)
    if name in ("jobs", "jobs-csv"):
        assert "beatrice" in as_member.get(_page(name)).content.decode()


def test_a_reader_cannot_guess_names_by_filtering(cluster: Cluster, reader: Person) -> None:
    client = signed_in(reader)
    for query in ("user=nobody", "group=nobody"):
        assert b"45 jobs on alder" in client.get(f"{url('jobs', 'alder')}?{query}").content
        assert client.get(f"/api/v1/teams/rcd/clusters/alder/jobs?{query}").json()["total"] == 45


def test_the_page_says_what_users_saw(cluster: Cluster, as_member: Client) -> None:
    text = as_member.get(url("cluster", "alder")).content.decode().replace("\xa0", " ")
    assert "of jobs on alder started within the promise" in text
    assert "in short, 1 CPU, started within 1 min" in text
    assert "1 node was out of service at least once" in text
    assert "were lost to us" in text or "was lost to us" in text
    assert "<script>x" not in text


@pytest.mark.parametrize(
    "query",
    [
        "week=2026-10-12", "week=nonsense", "week=0001-01-01", "partition=short&size=one", "partition=nowhere",
        "size=giant", "week=" + "9" * 500, "page=-1", "page=" + "9" * 60, "page=x",
    ],
)  # fmt: skip
def test_every_filter_opens_a_page(cluster: Cluster, as_member: Client, query: str) -> None:
    for name in ("cluster", "waits-csv", "jobs", "jobs-csv"):
        assert as_member.get(f"{url(name, 'alder')}?{query}").status_code == 200


def test_a_week_and_a_partition_narrow_the_page(cluster: Cluster, as_member: Client) -> None:
    page = f"{url('waits-csv', 'alder')}?week=2026-10-12&partition=short"
    rows = list(csv.DictReader(io.StringIO(as_member.get(page).content.decode())))
    assert {(row["week"], row["partition"], row["size_class"]) for row in rows} == {("2026-10-12", "short", "one")}
    assert sum(int(row["jobs"]) for row in rows) == 3
    assert b"In the week of" in as_member.get(f"{url('cluster', 'alder')}?week=2026-10-12").content


def test_jobs_are_filtered(cluster: Cluster, as_member: Client) -> None:
    def total(query: str) -> int:
        return int(as_member.get(f"/api/v1/teams/rcd/clusters/alder/jobs?{query}").json()["total"])

    assert total("") == 45
    assert total("which=lost") == total("state=node_fail") == 1
    assert total("partition=long") == 20
    assert total("user=ada") == 0
    assert total("user=beatrice&week=2026-10-14&partition=short") == 5
    assert total("job=101") == 1


def test_csv_holds_no_formula(cluster: Cluster, as_member: Client) -> None:
    text = as_member.get(url("jobs-csv", "alder")).content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 45
    assert next(row["name"] for row in rows if row["job_id"] == "102") == "'=cmd()"


def _job_page(client: Client, number: int) -> str:
    listed = client.get(f"{url('jobs', 'alder')}?job={number}").content.decode()
    return listed.split(' scope="row"><a href="')[1].split('"')[0]


def test_a_job_is_told_in_words(cluster: Cluster, as_member: Client, as_stranger: Client, reader: Person) -> None:
    told = {
        100: "It was lost to us after 59 min: its node failed.",
        101: "It has waited in short for",
        7: "It completed",
    }
    for number, words in told.items():
        page = _job_page(as_member, number)
        text = as_member.get(page).content.decode().replace("\xa0", " ")
        assert words in text
        assert "beatrice" in text
        assert "beatrice" not in signed_in(reader).get(page).content.decode()
        assert as_stranger.get(page).status_code == 404


@pytest.mark.parametrize("place", [("7", 1, 0), ("7", 10**30, 0), ("7", 1, 10**30), ("no/../such", 1, 0)])
def test_a_job_that_is_not_there(cluster: Cluster, as_member: Client, place: tuple[object, ...]) -> None:
    assert as_member.get(url("job", "alder", *place)).status_code == 404


def test_an_empty_cluster_says_so(team: Team, as_member: Client) -> None:
    Cluster.objects.create(team=team, name="empty")
    assert b"Nothing is known about empty yet" in as_member.get(url("cluster", "empty")).content
    for name in ("waits-csv", "jobs", "jobs-csv", "promises"):
        assert as_member.get(url(name, "empty")).status_code == 200
    assert as_member.get("/api/v1/teams/rcd/clusters/empty/waits").json() == []
    assert as_member.get("/api/v1/teams/rcd/clusters/empty").json()["jobs"] == 0


def test_a_lead_describes_a_cluster(cluster: Cluster, as_lead: Client, as_member: Client) -> None:
    page = url("describe", "alder")
    assert as_member.get(page).status_code == 404
    assert as_lead.post(page, {"service": "", "zone": "Europe/Paris", "node_count": "7"}).status_code == 302
    cluster.refresh_from_db()
    assert (cluster.zone, cluster.node_count) == ("Europe/Paris", 7)
    for wrong in ({"zone": "Mars"}, {"node_count": "-1"}, {"node_count": "9" * 30}, {"service": "none"}):
        given = {"service": "", "zone": "UTC", "node_count": "7"} | wrong
        assert b'role="alert"' in as_lead.post(page, given).content


def test_lists_take_as_many_queries_for_30_as_for_one(
    cluster: Cluster, team: Team, as_member: Client, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    pages = (url("clusters"), url("imports"))

    def count(page: str) -> int:
        with django_assert_max_num_queries(10) as counted:
            as_member.get(page)
        return len(counted)

    before = [count(page) for page in pages]
    made = BatchImport.objects.first()
    assert made is not None
    for n in range(29):
        made.pk, made.cluster = uuid.uuid4(), Cluster.objects.create(team=team, name=f"c{n}")
        made.save(force_insert=True)
    assert [count(page) for page in pages] == before


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=100000", "offset=-1", "offset=" + "9" * 40, "week=x", "size=giant"]
)
def test_the_api_refuses_wrong_numbers(cluster: Cluster, as_member: Client, query: str) -> None:
    assert as_member.get(f"/api/v1/teams/rcd/clusters/alder/jobs?{query}").status_code == 422


def test_a_job_that_may_only_start_later_has_not_waited(cluster: Cluster, as_member: Client) -> None:
    """Job 104 becomes eligible in December: the list tells no negative wait, on the page and as CSV."""
    assert "\u2212" not in as_member.get(url("jobs", "alder")).content.decode()
    head, *lines = as_member.get(url("jobs-csv", "alder")).content.decode().splitlines()
    row = next(line for line in lines if line.startswith("alder,104,"))
    assert dict(zip(head.split(","), row.split(","), strict=False))["waited_seconds"] == ""
