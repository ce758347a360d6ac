"""Pages of fires, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.processes.fires import views

app_name = "fires"
urlpatterns: list[URLPattern | URLResolver] = [
    path("fires/", views.board, name="board"),
    path("fires/+note/", views.note, name="note"),
    path("fires/kindling/<uuid:card>/", views.card, name="card"),
    path("fires/kindling/<uuid:card>/answer/", views.answer, name="answer"),
    path("fires/<uuid:fire>/", views.fire, name="fire"),
    path("fires/<uuid:fire>/withdraw/", views.withdraw, name="withdraw"),
]
