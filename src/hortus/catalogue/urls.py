"""Pages of catalogue, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.catalogue import views, views_news, views_planned, views_status

app_name = "catalogue"
urlpatterns: list[URLPattern | URLResolver] = [
    path("services/", views.services, name="services"),
    path("services/+add/", views.add, name="add"),
    path("services/<slug:slug>/", views.service, name="service"),
    path("services/<slug:slug>/change/", views.change, name="change"),
    path("services/<slug:slug>/retire/", views.retire, name="retire"),
    path("services/<slug:slug>/reopen/", views.reopen, name="reopen"),
    path("status/", views_status.status, name="status"),
    path("status/feed.atom", views_status.status_atom, name="status-atom"),
    path("status/planned-work.ics", views_status.status_calendar, name="status-calendar"),
    path("status/+add/", views_status.add_function, name="add-function"),
    path("status/+news/<uuid:news>/", views_news.news, name="news"),
    path("status/+public/", views_status.publish, name="publish"),
    path("status/+planned-work/", views_planned.announce, name="announce"),
    path("status/+planned-work/<uuid:work>/change/", views_planned.change, name="change-work"),
    path("status/+planned-work/<uuid:work>/cancel/", views_planned.cancel, name="cancel-work"),
    path("status/<slug:function>/", views_status.function, name="function"),
    path("status/<slug:function>/say/", views_status.say, name="say"),
    path("status/<slug:function>/confirm/", views_status.confirm, name="confirm"),
    path("status/<slug:function>/change/", views_status.change_function, name="change-function"),
    path("status/<slug:function>/retire/", views_status.retire_function, name="retire-function"),
    path("status/<slug:function>/reopen/", views_status.reopen_function, name="reopen-function"),
]
