"""Sessions: their list, their end, and how long they may last."""

import time
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.http import HttpRequest
from django.utils import timezone

from hortus.access.models import Person
from hortus.access.security import Verb, note

LONGEST = timedelta(days=30)
LONGEST_BY_SSO = timedelta(days=1)  # groups and so roles are read anew at each sign-in
TOUCH_EVERY = timedelta(hours=1)
SINCE, SEEN = "signed_in_at", "seen_at"


def end_sessions(person: Person, *, but: str | None = None) -> int:
    """End all sessions of a person except the one with the key `but`; return how many ended."""
    ending = UserSession.objects.filter(user=person).exclude(session_key=but or "")
    count = 0
    for session in ending:
        session.end()
        count += 1
    return count


def begin(request: HttpRequest) -> None:
    """Write down when a session began; called when somebody has signed in."""
    request.session[SINCE] = request.session[SEEN] = int(time.time())


def signed_in_by(request: HttpRequest, method: str) -> bool:
    """Say whether the session at hand was opened in this way ("password", "socialaccount", "mfa")."""
    records = request.session.get("account_authentication_methods") or []
    return any(record.get("method") == method for record in records)


def keep_within_limits(request: HttpRequest) -> None:
    """End a session that lasts too long, and write down once an hour that it is in use (which moves the idle limit)."""
    now, since = int(time.time()), request.session.get(SINCE)
    if since is None:
        begin(request)
        return
    longest = LONGEST_BY_SSO if signed_in_by(request, "socialaccount") else LONGEST
    if now - since > longest.total_seconds():
        note(Verb.SESSION_EXPIRED, person=request.user)  # type: ignore[arg-type]  # signed in, so a Person
        logout(request)
    elif now - request.session.get(SEEN, 0) > TOUCH_EVERY.total_seconds():
        request.session[SEEN] = now
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())
