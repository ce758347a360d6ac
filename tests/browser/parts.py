"""Pages for tests only: every part of the web room with made-up data, under its own URLs."""
# ruff: noqa: E501 -- a page and its data stand on one line each

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Thing

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.views.defaults import bad_request, page_not_found, permission_denied, server_error

from hortus.values.plots import Column, Row
from hortus.values.reading import State
from hortus.web import charts, words
from hortus.web.forms import promise

NAV = [("Garden", "/garden/", True), ("Clusters", "/list/", False), ("Services", "/form/", False),
       ("Activity", "/prose/", False), ("Team", "/empty/", False)]  # fmt: skip
TODAY = date(2025, 11, 17)


def shown(request: HttpRequest, source: str, **context: object) -> HttpResponse:
    page = engines["django"].from_string("{% load hortus %}" + source if "extends" not in source else source)
    around = {"nav": NAV, "nav_end": [("Your account", "/account/", False)], "team": Thing(name="Research Computing")}
    return HttpResponse(page.render({**around, **context}, request))


# Name, state, reading, unit, target, at most, values, act, age: rows of three.
PLOTS = [
    ("Growth conversations", "bare", "None yet", "no conversation recorded", None, False, [], "Plant the first one", "never"),
    ("Service adoption", "thriving", "214", "people used notebooks this week", 150, False,
     [88, 96, 101, 99, 120, 131, 128, 144, 160, 171, 180, 199, 214], "Ask the climate group for a talk", "2 h ago"),
    ("Knowledge sharing", "care", "3 of 4", "write-ups planned this month", 4, False,
     [4, 5, 4, 3, 4, 4, 2, 3, 4, 3, 2, 3, 3], "Nudge Mateo about the GPU guide", "today"),
    ("One-on-ones", "thriving", "11 of 12", "held in the last 14 days", 10, False,
     [9, 10, 8, 9, 11, 10, 11, 12, 11, 10, 11, 11, 11], "Book one with Priya", "today"),
    ("Service level objectives", "care", "7 of 9", "services inside their error budget", 8, False,
     [9, 9, 9, None, None, 9, 9, 8, 8, 7, 8, 7, 7], "Open the storage gateway budget", "5 min ago"),
    ("Documented processes", "thriving", "28 of 31", "reviewed within 12 months", 26, False,
     [17, 18, 19, 19, 21, 22, 22, 24, 25, 25, 26, 27, 28], "Review “Account closure”", "today"),
    ("Out-of-hours load", "overgrown", "61 %", "of pages went to one person", 40, True,
     [34, 36, 33, 38, 41, 40, 44, 47, 46, 52, 55, 58, 61], "Rebalance the on-call rota", "5 min ago"),
    ("Open incidents", "thriving", "0", "open, the last closed 12 days ago", 1, True,
     [1, 0, 2, 1, 0, 0, 1, 3, 2, 1, 0, 0, 0], "Nothing to pull", "5 min ago"),
    ("Post-incident actions", "overgrown", "6", "overdue, the oldest by 71 days", 2, True,
     [1, 1, 2, 2, 1, 2, 3, 3, 4, 4, 5, 5, 6], "Close or drop the oldest", "today"),
]  # fmt: skip


def plot(n: int) -> Thing:
    name, state, reading, unit, target, at_most, values, act, age = PLOTS[n]
    aim = f"target {'≤' if at_most else '≥'} {target}" if target else "no target yet"
    return Thing(
        name=name, url="/list/", state=State(state), column=list(Column)[n % 3].label, reading=reading, unit=unit,
        sparkline=charts.sparkline(values, label=f"{name}: 13 weeks, {aim}", target=target, at_most=at_most),
        span=f"13 weeks, {aim}", age=age, act=act, act_url="/form/",
        unmeasured=["follow-ups kept"] if n == 3 else [],
    )  # fmt: skip


def garden(request: HttpRequest) -> HttpResponse:
    rows = [
        Thing(label=row.label, hint=row.hint, plots=[plot(3 * n + k) for k in range(3)]) for n, row in enumerate(Row)
    ]
    tend = [
        Thing(act="Rebalance the on-call rota", url="/form/", reason="Out-of-hours load, 61 % on one person"),
        Thing(act="Close or drop the oldest post-incident action", url="/form/", reason="overdue by 71 days"),
        Thing(act="Open the storage gateway budget", url="/form/", reason="118 % of the error budget is spent"),
    ]
    return shown(
        request,
        '{% extends "web/base.html" %}{% block title %}Four plots thrive{% endblock %}{% block main %}'
        '{% include "web/parts/lede.html" with over="Research Computing, week 47" heading="Four plots thrive, two are overgrown"'
        ' sub="Two more need care and one is still bare. Two weeds come first." %}'
        '{% include "web/parts/garden.html" %}{% endblock %}',
        rows=rows, tend=tend, columns=[c.label for c in Column],
        banner=Thing(sentence="This is a sample garden of an invented team.", url="/form/", label="Start your own"),
    )  # fmt: skip


def listing(request: HttpRequest) -> HttpResponse:
    jobs = [
        [f"{41_000 + n}", "long-partition-name", "alice", words.duration(n * 977), "node failure"] for n in range(400)
    ]
    page = Paginator(jobs, 20).get_page(request.GET.get("page", 3))
    return shown(
        request,
        '{% extends "web/base.html" %}{% load hortus %}{% block title %}Jobs{% endblock %}{% block main %}'
        '<h1>Three jobs in a hundred started late</h1><p class="sub">Every job of the last 13 weeks.</p>'
        '{% include "web/parts/tabs.html" with label="Views of the cluster" %}'
        '<form method="get" class="filters"><label>State <select name="s"><option>Any</option></select></label>'
        '<label>User <input name="u"></label><button type="submit">Show</button></form>'
        '{% include "web/parts/table.html" with caption="Jobs that started late" columns=columns rows=page.object_list %}'
        '{% include "web/parts/pagination.html" with what="jobs" %}'
        '<section><h2>The cluster</h2>{% include "web/parts/definitions.html" %}</section>'
        '{% include "web/parts/progress.html" with label="Import of accounting" done=30 whole=80 %}'
        '<p>{% state_chip "care" %} {% age then %}, {% share 1 3 %}, {{ 0.995|percent }}, {% counted 3 "job" %}</p>'
        "{% endblock %}",
        page=page, columns=["Job", "Partition", "User", "Waited", "Why it counts"],
        crumbs=[("Garden", "/garden/"), ("Clusters", "/list/"), ("Jobs", "")],
        tabs=[("Waiting", "/list/", True), ("Nodes", "/charts/", False), ("Imports", "/empty/", False)],
        definitions=[("Scheduler", "Slurm 24.05"), ("Time zone", "Europe/Rome"), ("Newest evidence", "5 min ago")],
        then=datetime.now(UTC) - timedelta(minutes=5),
    )  # fmt: skip


class Everything(forms.Form):
    """One field of each look."""

    name = forms.CharField(help_text="As people say it.", max_length=10)
    mail = forms.EmailField(required=False)
    note = forms.CharField(widget=forms.Textarea, required=False, help_text="Markdown works here.")
    role = forms.ChoiceField(choices=[("member", "Member"), ("lead", "Lead")])
    parts = forms.MultipleChoiceField(choices=[("a", "Waiting"), ("b", "Nodes")], widget=forms.CheckboxSelectMultiple)
    way = forms.ChoiceField(choices=[("x", "Each day"), ("y", "Each week")], widget=forms.RadioSelect, initial="x")
    upload = forms.FileField(required=False, help_text="Up to 2 GB, plain or gzip.")
    agreed = forms.BooleanField(label="I have read the works-council sheet")
    kept = forms.CharField(widget=forms.HiddenInput, initial="k")


def form(request: HttpRequest) -> HttpResponse:
    made = Everything(request.POST) if request.method == "POST" else Everything()
    promise(made, "note", "Who can read this: you and your lead.")
    if "wrong" in request.GET:
        made = Everything({"name": "far too long a name", "mail": "nobody", "kept": "k"})
        made.add_error(None, "Two clusters cannot have one name.")
    return shown(
        request,
        '{% extends "web/narrow.html" %}{% block title %}New cluster{% endblock %}{% block main %}<h1>Add a cluster</h1>'
        '<p class="sub">It is fed by the accounting of its scheduler.</p>'
        '{% include "web/parts/form.html" with label="Add the cluster" cancel="/list/" %}{% endblock %}',
        form=made,
    )  # fmt: skip


TEXT = """# What happened

A paragraph with `code`, *weight* and [a link](https://example.org/a/very/long/path/that/does/not/end/quickly).

- first thing
- second thing

> A quotation.

| partition | median wait | p90 | p95 | jobs | of which late | of which lost |
|---|---|---|---|---|---|---|
| a-long-name | 3 min | 2 h | 7 h | 12,000 | 200 | 3 |

```
srun --partition=a-long-name --nodes=12 --ntasks-per-node=64 --time=48:00:00 ./a_program_with_a_long_name
```
"""


def prose(request: HttpRequest) -> HttpResponse:
    messages.success(request, "The note was stored.")
    messages.warning(request, "Two lines could not be read.")
    return shown(
        request,
        '{% extends "web/narrow.html" %}{% load hortus %}{% block title %}A note{% endblock %}{% block main %}'
        '<h1>A note</h1>{% include "web/parts/notice.html" with level="info" sentence="Only the team reads this." %}'
        '<div class="prose">{{ text|markdown }}</div>{% endblock %}',
        text=TEXT,
    )  # fmt: skip


def empty(request: HttpRequest) -> HttpResponse:
    return shown(
        request,
        '{% extends "web/base.html" %}{% block title %}Clusters{% endblock %}{% block main %}<h1>No cluster yet</h1>'
        '{% include "web/parts/empty.html" with title="Nothing is measured here" url="/form/" label="Add a cluster"'
        ' sentence="A cluster feeds three plots with the accounting of its scheduler." %}{% endblock %}',
    )


WEEKS = [TODAY - timedelta(weeks=26 - n) for n in range(26)]


def spreads(scale: float) -> list[charts.Spread]:
    made = [
        charts.Spread(week, 40 * scale * (1 + n % 5), 900 * scale * (2 + n % 7), 4000 * scale * (2 + n % 4), 300)
        for n, week in enumerate(WEEKS)
    ]
    made[9] = charts.Spread(WEEKS[9], None, None, None)
    made[15] = charts.Spread(WEEKS[15], None, None, None, 6, [5, 30, 200, 900, 4000, 9000])
    return made


def drawings() -> list[charts.Chart]:
    ratio = [(week, None if n in {8, 9} else 0.9 + 0.08 * ((n * 7) % 11) / 11) for n, week in enumerate(WEEKS)]
    events = [
        charts.Event(WEEKS[6], "maintenance day"), charts.Event(WEEKS[7], "new nodes"), charts.Event(WEEKS[24], "quota change"),
    ]  # fmt: skip
    several = [
        charts.Line(name, [(w, (v or 0.9) * k) for w, v in ratio])
        for name, k in [("small", 1.0), ("medium", 0.8), ("large", 0.6)]
    ]
    outages = [
        charts.IntervalRow("node012", [charts.Span(WEEKS[20], WEEKS[21], words="DIMM replaced")]),
        charts.IntervalRow(
            "gpu-with-a-long-name", [charts.Span(WEEKS[24], None), charts.Span(WEEKS[19], WEEKS[20], "planned")]
        ),
    ]
    multiples = charts.small_multiples(
        [("short", spreads(0.2)), ("long", spreads(2)), ("gpu", spreads(6)[:14])], label="Waiting time"
    )
    table = [[words.day(week), words.percent(value)] for week, value in ratio]
    return [
        charts.Chart(
            "The share of jobs that start in time has held since June", "share of jobs, 26 weeks, 7,800 jobs counted",
            charts.history([charts.Line("in time", ratio)], label="Share of jobs in time", target=0.95, events=events, write=words.percent),
            columns=["Week", "In time"], rows=table, csv_url="/list/",
        ),
        charts.Chart("Large jobs start late", "share of jobs by size, 26 weeks", charts.history(several, label="By size")),
        charts.Chart("Half of the jobs start within three minutes", "waiting time by week", charts.distribution(spreads(1), label="Waiting time", promise=3600)),
        charts.Chart("The GPU partition waits longest", "waiting time by partition, median to p90 to p95, on one scale", panels=[charts.Panel(*m) for m in multiples]),
        charts.Chart("Two nodes were out", "four weeks; filled: lost, outlined: planned", charts.intervals(outages, label="Outages", start=WEEKS[18], end=TODAY)),
        charts.Chart(
            "Node failures lost most jobs", "jobs lost, 13 weeks",
            charts.bars([charts.Bar("node failure", 41), charts.Bar("preempted by a very long reason", 12, "of 300"), charts.Bar("unknown", None)], label="Jobs lost", target=30),
            note="A user's own errors are not counted.",
        ),
        charts.Chart("Nothing yet", "no accounting imported", charts.history([], label="Nothing")),
    ]  # fmt: skip


def gallery(request: HttpRequest) -> HttpResponse:
    return shown(
        request,
        '{% extends "web/base.html" %}{% block title %}Charts{% endblock %}{% block main %}<h1>Charts</h1>'
        '{% for chart in drawings %}{% include "web/parts/chart.html" %}{% endfor %}{% endblock %}',
        drawings=drawings(),
    )


def broken(request: HttpRequest, code: int) -> HttpResponse:
    made = {400: bad_request, 403: permission_denied, 404: page_not_found}.get(code)
    return made(request, Exception("made for a test")) if made else server_error(request)


urlpatterns = [
    path("garden/", garden),
    path("list/", listing),
    path("form/", form),
    path("prose/", prose),
    path("empty/", empty),
    path("charts/", gallery),
    path("broken/<int:code>/", broken),
]

PARTS = ["/garden/", "/list/", "/form/", "/form/?wrong", "/prose/", "/empty/", "/charts/",
         "/broken/404/", "/broken/500/"]  # fmt: skip
"""Every page above, for the tests that look at each."""
