"""Pages of metric engines, hubs and schedulers that are asked for counts, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.telemetry.engines import views, views_sources

app_name = "engines"
_ENGINE = "engines/<slug:slug>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("engines/", views.engines, name="engines"),
    path("engines/+add/", views.add, name="add"),
    path("engines/+hub/", views_sources.hub_add, name="hub-add"),
    path("engines/+scheduler/", views_sources.poll_add, name="poll-add"),
    path(_ENGINE, views.engine, name="engine"),
    path(f"{_ENGINE}change/", views.change, name="change"),
    path(f"{_ENGINE}check/", views.check, name="check"),
    path(f"{_ENGINE}remove/", views.remove, name="remove"),
    path(f"{_ENGINE}try/", views.try_out, name="try"),
    path(f"{_ENGINE}queries/+add/", views.ask, name="ask"),
    path(f"{_ENGINE}queries/<int:series>/change/", views.change_query, name="query-change"),
    path(f"{_ENGINE}queries/<int:series>/drop/", views.drop, name="drop"),
    path("hubs/<slug:hub>/", views_sources.hub, name="hub"),
    path("hubs/<slug:hub>/change/", views_sources.hub_change, name="hub-change"),
    path("hubs/<slug:hub>/check/", views_sources.hub_check, name="hub-check"),
    path("hubs/<slug:hub>/remove/", views_sources.hub_remove, name="hub-remove"),
    path("schedulers/<slug:cluster>/", views_sources.poll, name="poll"),
    path("schedulers/<slug:cluster>/check/", views_sources.poll_check, name="poll-check"),
    path("schedulers/<slug:cluster>/stop/", views_sources.poll_stop, name="poll-stop"),
]
