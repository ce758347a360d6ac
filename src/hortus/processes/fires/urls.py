"""Pages of fires, below /t/<team>/."""

from django.urls import URLPattern, URLResolver

app_name = "fires"
urlpatterns: list[URLPattern | URLResolver] = []
