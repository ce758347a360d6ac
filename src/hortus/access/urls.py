"""Pages of access, below /t/<team>/."""

from django.urls import path

from hortus.access import closed_views, members, views

app_name = "access"
urlpatterns = [
    path("team/", views.team, name="team"),
    path("team/settings/", views.team_settings, name="settings"),
    path("team/members/<uuid:membership>/", members.member, name="member"),
    path("team/members/<uuid:membership>/role/", members.role, name="member-role"),
    path("team/members/<uuid:membership>/remove/", members.remove, name="member-remove"),
    path("team/members/<uuid:membership>/deactivate/", members.deactivate, name="member-deactivate"),
    path("team/members/<uuid:membership>/reactivate/", members.reactivate, name="member-reactivate"),
    path("team/members/<uuid:membership>/unlock/", members.unlock, name="member-unlock"),
    path("team/members/<uuid:membership>/reset-link/", members.reset_link, name="member-reset-link"),
    path("team/invitations/", views.invitations, name="invitations"),
    path("team/invitations/<uuid:invitation>/withdraw/", views.withdraw, name="invitation-withdraw"),
    path("team/tokens/", views.tokens, name="tokens"),
    path("team/tokens/<uuid:token>/revoke/", views.revoke, name="token-revoke"),
    path("team/security/", views.security, name="security"),
    path("team/closed-days/", closed_views.closed_days, name="closed-days"),
    path("team/closed-days/+add/", closed_views.add, name="closed-day-add"),
    path("team/closed-days/+import/", closed_views.from_calendar, name="closed-days-import"),
    path("team/closed-days/<uuid:closed>/remove/", closed_views.remove, name="closed-day-remove"),
    path("team/policy/", views.policy, name="policy"),
]
