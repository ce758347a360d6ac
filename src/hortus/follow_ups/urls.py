"""Pages of follow ups, below /t/<team>/."""

from django.urls import URLPattern, URLResolver

app_name = "follow_ups"
urlpatterns: list[URLPattern | URLResolver] = []
