"""Pages of clusters, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.products.clusters import views, views_imports, views_jobs, views_promises

app_name = "clusters"
_CLUSTER = "clusters/<slug:name>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("clusters/", views.clusters, name="clusters"),
    path(_CLUSTER, views.cluster, name="cluster"),
    path(f"{_CLUSTER}waits.csv", views.waits_csv, name="waits-csv"),
    path(f"{_CLUSTER}describe/", views.describe, name="describe"),
    path(f"{_CLUSTER}jobs/", views_jobs.jobs, name="jobs"),
    path(f"{_CLUSTER}jobs.csv", views_jobs.jobs_csv, name="jobs-csv"),
    path(f"{_CLUSTER}jobs/<path:raw_id>/<int:submitted>/<int:attempt>/", views_jobs.job, name="job"),
    path(f"{_CLUSTER}promises/", views_promises.promises, name="promises"),
    path(f"{_CLUSTER}promises/+add/", views_promises.add, name="promise-add"),
    path(f"{_CLUSTER}promises/+derive/", views_promises.derive, name="promise-derive"),
    path(f"{_CLUSTER}promises/<uuid:id>/", views_promises.change, name="promise"),
    path(f"{_CLUSTER}promises/<uuid:id>/withdraw/", views_promises.withdraw, name="promise-withdraw"),
    path("imports/", views_imports.imports, name="imports"),
    path("imports/+add/", views_imports.bring, name="import"),
    path("imports/<uuid:id>/", views_imports.result, name="import-result"),
]
