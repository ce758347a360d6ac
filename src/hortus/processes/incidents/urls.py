"""Pages of incidents, below /t/<team>/."""

from django.urls import URLPattern, URLResolver, path

from hortus.processes.incidents import feeds, views, views_facts, views_list, views_moves, views_room

_ROOM = "incidents/<int:number>/"

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("incidents/", views_list.incidents, name="incidents"),
    path("incidents/feed.atom", feeds.atom, name="atom"),
    path("incidents/incidents.csv", feeds.csv, name="csv"),
    path("incidents/incidents.json", feeds.json, name="json"),
    path("incidents/+declare/", views.declare, name="declare"),
    path(_ROOM, views_room.room, name="room"),
    path(f"{_ROOM}update/", views_room.update, name="update"),
    path(f"{_ROOM}ask/", views_room.ask, name="ask"),
    path(f"{_ROOM}surprise/", views_room.surprise, name="surprise"),
    path(f"{_ROOM}link/", views_room.link, name="link"),
    path(f"{_ROOM}lead/", views_moves.take_lead, name="take-lead"),
    path(f"{_ROOM}hand-over/", views_moves.hand_over, name="hand-over"),
    path(f"{_ROOM}accept/", views_moves.accept, name="accept"),
    path(f"{_ROOM}decline/", views_moves.decline, name="decline"),
    path(f"{_ROOM}command/", views_moves.command, name="command"),
    path(f"{_ROOM}watch/", views_moves.watch, name="watch"),
    path(f"{_ROOM}unwatch/", views_moves.unwatch, name="unwatch"),
    path(f"{_ROOM}assign/", views_moves.assign, name="assign"),
    path(f"{_ROOM}roles/<slug:role>/<uuid:person>/end/", views_moves.step_down, name="step-down"),
    path(f"{_ROOM}rhythm/", views_moves.rhythm, name="rhythm"),
    *(path(f"{_ROOM}{move}/", views_moves.move, {"move": move}, name=move.value) for move in views_moves.MOVES),
    path(f"{_ROOM}merge/", views_moves.merge, name="merge"),
    path(f"{_ROOM}agree/", views_moves.agree, name="agree"),
    path(f"{_ROOM}disagree/", views_moves.disagree, name="disagree"),
    path(f"{_ROOM}facts/", views_facts.facts, name="facts"),
]
