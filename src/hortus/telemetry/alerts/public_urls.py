"""The intake address of alerts, outside of any team; with and without a slash, as people copy it."""

from django.urls import URLPattern, URLResolver, path

from hortus.telemetry.alerts import intake

app_name = "alerts-in"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<uuid:source>", intake.take_in, name="intake"),
    path("<uuid:source>/", intake.take_in, name="intake-slash"),
    path("<uuid:source>/<str:token>", intake.take_in, name="intake-by-address"),
]
