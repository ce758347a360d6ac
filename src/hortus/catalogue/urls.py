"""Pages of catalogue, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.catalogue import views

app_name = "catalogue"
urlpatterns: list[URLPattern | URLResolver] = [
    path("services/", views.services, name="services"),
    path("services/+add/", views.add, name="add"),
    path("services/<slug:slug>/", views.service, name="service"),
    path("services/<slug:slug>/change/", views.change, name="change"),
    path("services/<slug:slug>/retire/", views.retire, name="retire"),
    path("services/<slug:slug>/reopen/", views.reopen, name="reopen"),
]
