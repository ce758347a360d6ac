"""Pages of metric engines, hubs and schedulers that are asked for counts, below /t/<team>/."""

from django.urls import URLPattern, URLResolver

app_name = "engines"
urlpatterns: list[URLPattern | URLResolver] = []
