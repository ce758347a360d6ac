"""Pages of what a person hears, and of where else a team's messages go, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.ledger.outbox import choices_views, destination_views, feed_views

_ONE = "destinations/<slug:slug>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("hear/", choices_views.choices, name="choices"),
    path("hear/feed/", feed_views.make, name="feed-make"),
    path("hear/feed/take-back/", feed_views.take_back, name="feed-take-back"),
    path("destinations/", destination_views.destinations, name="destinations"),
    path("destinations/+add/", destination_views.add, name="destination-add"),
    path(_ONE, destination_views.destination, name="destination"),
    path(f"{_ONE}change/", destination_views.change, name="destination-change"),
    path(f"{_ONE}trial/", destination_views.trial, name="destination-trial"),
    path(f"{_ONE}secret/", destination_views.renew, name="destination-secret"),
    path(f"{_ONE}remove/", destination_views.remove, name="destination-remove"),
]
