"""Pages of outbox, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.ledger.outbox import choices_urls, views

app_name = "outbox"
urlpatterns: list[URLPattern | URLResolver] = [
    path("messages/", views.messages, name="messages"),
    path("messages/retry/", views.retry, name="retry"),
    path("messages/release/", views.release, name="release"),
    path("messages/drop/", views.drop, name="drop"),
    path("messages/<uuid:message>/", views.message, name="message"),
    *choices_urls.urlpatterns,
]
