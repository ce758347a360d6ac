"""Pages of probes, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.telemetry.probes import views

app_name = "probes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("probes/", views.probes, name="probes"),
    path("probes/+add/", views.choose, name="choose"),
    path("probes/+add/<slug:kind>/", views.add, name="add"),
    path("probes/<slug:slug>/", views.probe, name="probe"),
    path("probes/<slug:slug>.csv", views.results_csv, name="results-csv"),
    path("probes/<slug:slug>/change/", views.change, name="change"),
    path("probes/<slug:slug>/remove/", views.remove, name="remove"),
    path("probes/<slug:slug>/pause/", views.pause, name="pause"),
    path("probes/<slug:slug>/resume/", views.resume, name="resume"),
    path("probes/<slug:slug>/run/", views.run, name="run"),
]
