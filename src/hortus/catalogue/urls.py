"""Pages of catalogue, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.catalogue import views, views_news, views_planned, views_status, views_windows

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
    path("services/<slug:slug>/planned-work.ics", views_status.status_calendar, name="service-calendar"),
    path("status/+add/", views_status.add_function, name="add-function"),
    path("status/+news/<uuid:news>/", views_news.news, name="news"),
    path("status/+subscribers/", views_news.subscribers, name="subscribers"),
    path("status/+subscribers/<uuid:subscriber>/remove/", views_news.remove_subscriber, name="remove-subscriber"),
    path("status/+public/", views_status.publish, name="publish"),
    path("status/+planned-work/", views_planned.announce, name="announce"),
    path("status/+planned-work/<uuid:work>/", views_windows.window, name="window"),
    path("status/+planned-work/<uuid:work>/begin/", views_windows.begin, name="begin-work"),
    path("status/+planned-work/<uuid:work>/more/", views_windows.more, name="more-work"),
    path("status/+planned-work/<uuid:work>/check/", views_windows.check, name="check-work"),
    path("status/+planned-work/<uuid:work>/finish/", views_windows.finish, name="finish-work"),
    path("status/+planned-work/repeating/<uuid:repeating>/stop/", views_planned.stop, name="stop-work"),
    path("status/+planned-work/repeating/<uuid:repeating>/change/", views_planned.change_series, name="change-series"),
    path("status/+planned-work/<uuid:work>/change/", views_planned.change, name="change-work"),
    path("status/+planned-work/<uuid:work>/cancel/", views_planned.cancel, name="cancel-work"),
    path("status/<slug:function>/", views_status.function, name="function"),
    path("status/<slug:function>/say/", views_status.say, name="say"),
    path("status/<slug:function>/confirm/", views_status.confirm, name="confirm"),
    path("status/<slug:function>/change/", views_status.change_function, name="change-function"),
    path("status/<slug:function>/retire/", views_status.retire_function, name="retire-function"),
    path("status/<slug:function>/reopen/", views_status.reopen_function, name="reopen-function"),
]
