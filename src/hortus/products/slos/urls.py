"""Pages of service level objectives, below /t/<team>/."""

from django.urls import URLPattern, URLResolver

app_name = "slos"
urlpatterns: list[URLPattern | URLResolver] = []
