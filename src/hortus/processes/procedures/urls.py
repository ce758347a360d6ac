"""Pages of procedures and their runs, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.processes.procedures import views, views_course, views_forms, views_runs, views_versions

app_name = "procedures"
urlpatterns: list[URLPattern | URLResolver] = [
    path("procedures/", views.procedures, name="procedures"),
    path("procedures/+write/", views_forms.write, name="write"),
    path("procedures/<slug:procedure>/", views.procedure, name="procedure"),
    path("procedures/<slug:procedure>/file.md", views.as_file, name="markdown"),
    path("procedures/<slug:procedure>/start/", views.start, name="start"),
    path("procedures/<slug:procedure>/edit/", views_forms.edit, name="edit"),
    path("procedures/<slug:procedure>/about/", views_forms.about, name="about"),
    path("procedures/<slug:procedure>/retire/", views_forms.retire, name="retire"),
    path("procedures/<slug:procedure>/revive/", views_forms.revive, name="revive"),
    path("procedures/<slug:procedure>/versions/<int:version>/", views_versions.version, name="version"),
    path("procedures/<slug:procedure>/versions/<int:version>/accept/", views_versions.accept, name="accept"),
    path("procedures/<slug:procedure>/versions/<int:version>/decline/", views_versions.decline, name="decline"),
    path("runs/", views_runs.runs, name="runs"),
    path("runs/<int:number>/", views_runs.run, name="run"),
    path("runs/<int:number>/say/", views_runs.say, name="say"),
    path("runs/<int:number>/move/", views_course.move, name="move"),
    path("runs/<int:number>/begin/", views_course.begin, name="begin"),
    path("runs/<int:number>/wait/", views_course.wait, name="wait"),
    path("runs/<int:number>/go-on/", views_course.go_on, name="go-on"),
    path("runs/<int:number>/hand/", views_course.hand, name="hand"),
    path("runs/<int:number>/check/", views_course.check, name="check"),
    path("runs/<int:number>/end/", views_course.end, name="end"),
    path("runs/<int:number>/give-up/", views_course.give_up, name="give-up"),
]
