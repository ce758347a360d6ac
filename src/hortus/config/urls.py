"""Every URL of Hortus: pages of a team below /t/<team>/, sign-in below /account/, the API below /api/v1/."""

from django.urls import include, path

from hortus.access import entrance
from hortus.config import health
from hortus.config.api import api
from hortus.ledger.outbox import choices_views, feed_views

_TEAM = [
    path("", include("hortus.garden.urls")),
    path("", include("hortus.access.urls")),
    path("", include("hortus.ledger.urls")),
    path("", include("hortus.catalogue.urls")),
    path("", include("hortus.telemetry.probes.urls")),
    path("", include("hortus.telemetry.engines.urls")),
    path("", include("hortus.products.clusters.urls")),
    path("", include("hortus.products.slos.urls")),
    path("", include("hortus.ledger.outbox.urls")),
    path("", include("hortus.follow_ups.urls")),
    path("", include("hortus.telemetry.alerts.urls")),
    path("", include("hortus.processes.incidents.urls")),
    path("", include("hortus.processes.incidents.reviews.urls")),
    path("", include("hortus.processes.fires.urls")),
    path("", include("hortus.processes.procedures.urls")),
]

urlpatterns = [
    path("", entrance.home, name="home"),
    path("start/", entrance.start, name="start"),
    path("unsubscribe/<str:token>/", choices_views.unsubscribe, name="unsubscribe"),
    path("messages/<str:token>/feed.atom", feed_views.messages, name="message-feed"),
    path("healthz", health.healthz, name="healthz"),
    path("account/", include("hortus.access.account_urls")),
    path("api/v1/", api.urls),
    path("status/", include("hortus.catalogue.public_urls")),
    path("alerts/in/", include("hortus.telemetry.alerts.public_urls")),
    path("t/<slug:team>/", include(_TEAM)),
]

handler404 = "hortus.config.api.not_found"
