"""Pages of outbox, below /t/<team>/."""

from django.urls import URLPattern, URLResolver

from hortus.ledger.outbox import choices_urls

app_name = "outbox"
urlpatterns: list[URLPattern | URLResolver] = [*choices_urls.urlpatterns]
