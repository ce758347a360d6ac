"""Pages of service level objectives, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.products.slos import feeds, views, views_files, views_form, views_objective, views_rows, views_time

app_name = "slos"
_ONE = "objectives/<slug:slug>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("objectives.yaml", views_files.openslo, name="openslo"),
    path("objectives/", views.objectives, name="objectives"),
    path("objectives/+add/", views_form.add, name="objective-add"),
    path("objectives/+import/", views_files.bring, name="import"),
    path(_ONE, views_objective.objective, name="objective"),
    path(f"{_ONE}change/", views_form.change, name="objective-change"),
    path(f"{_ONE}retire/", views_form.retire, name="retire"),
    path(f"{_ONE}what-if/", views_time.back_test, name="backtest"),
    path(f"{_ONE}rows/<slug:sli>/", views_rows.behind, name="behind"),
    path(f"{_ONE}rows/<slug:sli>.csv", views_rows.behind_csv, name="behind-csv"),
    path(f"{_ONE}slices/", views_rows.slices, name="slices"),
    path(f"{_ONE}slices.csv", views_rows.slices_csv, name="slices-csv"),
    path(f"{_ONE}burn/", views_rows.burn, name="burn"),
    path("alerts/", views_time.alerts, name="alerts"),
    path("alerts.atom", feeds.alerts_atom, name="alerts-atom"),
    path("alerts.json", feeds.alerts_json, name="alertmanager"),
    path("exclusions/", views_time.exclusions, name="exclusions"),
    path("exclusions/+add/", views_time.exclude, name="exclude"),
    path("exclusions/<uuid:id>/withdraw/", views_time.withdraw, name="withdraw"),
]
