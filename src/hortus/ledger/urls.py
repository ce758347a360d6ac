"""Pages of the ledger, below /t/<team>/."""

from django.urls import path

from hortus.ledger import feeds, queue_views, search_views, views

app_name = "ledger"
urlpatterns = [
    path("activity/", views.activity, name="activity"),
    path("activity.json", views.activity_json, name="activity-json"),
    path("activity.atom", feeds.activity_atom, name="activity-atom"),
    path("tasks/", queue_views.tasks, name="tasks"),
    path("tasks/<int:task>/retry/", queue_views.retry, name="task-retry"),
    path("search/", search_views.search_page, name="search"),
]
