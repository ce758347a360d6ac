"""The public status pages, below /status/: the only pages of a team that need no sign-in."""

from django.urls import URLPattern, URLResolver, path

from hortus.catalogue import views_public, views_subscriptions

app_name = "status"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:team>/", views_public.page, name="page"),
    path("<slug:team>.json", views_public.as_json, name="json"),
    path("<slug:team>/news/<uuid:news>/", views_public.news, name="news"),
    path("<slug:team>/subscribe/", views_subscriptions.subscribe, name="subscribe"),
    path("<slug:team>/subscription/<str:token>/", views_subscriptions.subscription, name="subscription"),
    path("<slug:team>/feed.rss", views_public.as_rss, name="rss"),
    path("<slug:team>/feed.json", views_public.as_json_feed, name="json-feed"),
    path("<slug:team>/motd.txt", views_public.as_motd, name="motd"),
    path("<slug:team>/services/<slug:service>/", views_public.service, name="service"),
    path("<slug:team>/feed.atom", views_public.as_atom, name="atom"),
    path("<slug:team>/planned-work.ics", views_public.as_calendar, name="calendar"),
    path("<slug:team>/services/<slug:service>/planned-work.ics", views_public.as_calendar, name="service-calendar"),
]
