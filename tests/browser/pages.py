"""The pages that are looked at in a real browser, at every width and in both themes. Append yours."""

VISITOR: list[str] = [
    "/t/sample/",
    "/t/sample/plots/people-care/",
    "/t/sample/plots/products-care/",
    "/t/sample/indicators/",
    "/t/sample/indicators/started-in-time/",
    "/t/sample/indicators/nodes-out/",
    "/t/sample/indicators/new-users/?page=2",
    "/t/sample/activity/",
    "/t/sample/search/?q=job",
    "/t/sample/services/",
    "/t/sample/services/alder/",
    "/t/sample/clusters/",
    "/t/sample/clusters/alder/",
    "/t/sample/clusters/alder/?partition=gpu",
    "/t/sample/clusters/alder/jobs/",
    "/t/sample/imports/",
    "/t/sample/team/",
    "/start/",
    "/account/login/",
    "/account/password/reset/",
]
"""What the visitor of the sample garden sees, without sign-in."""

LEAD: list[str] = [
    "/t/sample/",
    "/t/sample/indicators/started-in-time/",
    "/t/sample/indicators/started-in-time/target/",
    "/t/sample/clusters/alder/",
    "/t/sample/clusters/alder/describe/",
    "/t/sample/clusters/alder/promises/",
    "/t/sample/clusters/alder/promises/+add/",
    "/t/sample/imports/+add/",
    "/t/sample/services/+add/",
    "/t/sample/services/alder/change/",
    "/t/sample/team/",
    "/t/sample/team/settings/",
    "/t/sample/team/invitations/",
    "/t/sample/team/tokens/",
    "/t/sample/team/security/",
    "/t/sample/team/policy/",
    "/t/sample/tasks/",
    "/account/",
    "/account/events/",
    "/account/sessions/",
    "/account/2fa/",
    "/account/password/change/",
]
"""What the lead of the sample garden sees, signed in."""

ABSENT: list[str] = ["/t/nobody/", "/nothing-here/"]
"""What is not there: 404 in our own words."""
