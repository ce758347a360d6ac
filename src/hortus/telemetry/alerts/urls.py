"""Pages of alerts of other programs and of their sources, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.telemetry.alerts import views, views_sources

app_name = "alerts"
_EPISODE, _NOTICE = "received-alerts/<uuid:episode>/", "received-alerts/notices/<int:notice>/"
_SOURCE = "alert-sources/<slug:slug>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("received-alerts/", views.alerts, name="alerts"),
    path(_NOTICE, views.notice, name="notice"),
    path(f"{_NOTICE}raw", views.raw, name="notice-raw"),
    path(f"{_NOTICE}looked-at/", views.look_at, name="notice-looked-at"),
    path(_EPISODE, views.episode, name="episode"),
    path(f"{_EPISODE}acknowledge/", views.acknowledge, name="acknowledge"),
    path(f"{_EPISODE}close/", views.close, name="close"),
    path("alert-sources/", views_sources.sources, name="sources"),
    path("alert-sources/+add/", views_sources.add, name="source-add"),
    path(_SOURCE, views_sources.source, name="source"),
    path(f"{_SOURCE}change/", views_sources.change, name="source-change"),
    path(f"{_SOURCE}retire/", views_sources.retire, name="source-retire"),
    path(f"{_SOURCE}+token/", views_sources.make_token, name="token-make"),
    path(f"{_SOURCE}tokens/<int:token>/revoke/", views_sources.revoke_token, name="token-revoke"),
]
