"""Pages of the garden, below /t/<team>/."""

from django.urls import path

from hortus.garden import views

app_name = "garden"
urlpatterns = [
    path("", views.garden, name="garden"),
    path("garden.json", views.garden_json, name="garden-json"),
    path("readings/", views.read_again, name="read-again"),
    path("plots/<slug:plot>/", views.plot, name="plot"),
    path("indicators/", views.indicators_page, name="indicators"),
    path("indicators/<slug:indicator>/", views.indicator, name="indicator"),
    path("indicators/<slug:indicator>/rows.csv", views.rows_csv, name="rows-csv"),
    path("indicators/<slug:indicator>/history.csv", views.history_csv, name="history-csv"),
    path("indicators/<slug:indicator>/target/", views.change_target, name="target"),
]
