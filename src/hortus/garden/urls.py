"""Pages of garden, below /t/<team>/."""

from django.urls import URLPattern, URLResolver

app_name = "garden"
urlpatterns: list[URLPattern | URLResolver] = []
