"""Pages of probes, below /t/<team>/."""

from django.urls import URLPattern, URLResolver

app_name = "probes"
urlpatterns: list[URLPattern | URLResolver] = []
