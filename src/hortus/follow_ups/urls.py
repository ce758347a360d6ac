"""Pages of follow ups, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.follow_ups import views

app_name = "follow_ups"
urlpatterns: list[URLPattern | URLResolver] = [
    path("follow-ups/", views.follow_ups, name="follow-ups"),
    path("follow-ups/<uuid:follow_up>/", views.follow_up, name="follow-up"),
    path("follow-ups/<uuid:follow_up>/done/", views.done, name="done"),
    path("follow-ups/<uuid:follow_up>/hand/", views.hand, name="hand"),
    path("follow-ups/<uuid:follow_up>/move/", views.move, name="move"),
    path("follow-ups/<uuid:follow_up>/drop/", views.drop, name="drop"),
    path("follow-ups/<uuid:follow_up>/reopen/", views.reopen, name="reopen"),
]
