"""Lock-out: how many wrong passwords and codes are too many, counted in the database by django-axes."""

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from hortus.access.models import Person
from hortus.access.security import Verb, note
from hortus.values.refused import Refused

Credentials = dict[str, Any] | None


def account(request: HttpRequest | None, credentials: Credentials = None) -> str:
    """Return the account that somebody tries to open, in one spelling, whatever the door calls it."""
    given = credentials or {}
    typed = given.get("email") or given.get("username") or given.get("login")
    if not typed and request is not None:
        typed = request.POST.get("login")
    return str(typed or "").strip().lower().replace("\0", "")[:254]


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts by account and address together, and by account alone with a higher limit.

    Behind an ssh tunnel or a campus gateway all share one address, so the address alone decides nothing; an
    attacker with many addresses meets the higher limit.
    """

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Return the failures that count towards AXES_FAILURE_LIMIT."""
        together, alone = (
            attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return int(settings.AXES_FAILURE_LIMIT if alone >= settings.LOCKOUT_ACCOUNT_LIMIT else together)

    def user_login_failed(self, sender: Any, credentials: Credentials, request: Any = None, **kwargs: Any) -> None:
        """Count a failure; note it, and the lock-out when it is the one too many."""
        if request is None or getattr(request, "axes_locked_out", False):
            super().user_login_failed(sender, credentials, request, **kwargs)
            return
        super().user_login_failed(sender, credentials, request, **kwargs)
        person = Person.objects.filter(email=account(request, credentials)).first()
        note(kwargs.get("verb", Verb.SIGN_IN_FAILED), person=person, known=person is not None)
        if request.axes_locked_out:
            note(Verb.LOCKED_OUT, person=person, known=person is not None)


def is_locked(request: HttpRequest, person: Person) -> bool:
    """Say whether this person is locked out for who sends this request."""
    return not AxesProxyHandler.is_allowed(request, {"email": person.email})


def count_wrong_factor(request: HttpRequest, person: Person) -> None:
    """Count a wrong second factor like a wrong password: in the database, for all processes."""
    AxesProxyHandler.user_login_failed(Person, {"email": person.email}, request, verb=Verb.FACTOR_FAILED)


def page(request: HttpRequest, original: HttpResponse | None = None, credentials: Credentials = None) -> HttpResponse:
    """Answer with the page that says how long to wait; the same for accounts that do not exist."""
    minutes = int(settings.AXES_COOLOFF_TIME / timedelta(minutes=1))
    response = render(request, "access/locked.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response


def locked_accounts(emails: list[str]) -> set[str]:
    """Return those of these e-mail addresses that are locked out from somewhere right now."""
    recent = AccessAttempt.objects.filter(
        username__in=emails, attempt_time__gt=timezone.now() - settings.AXES_COOLOFF_TIME
    )
    sums = recent.values("username", "ip_address").annotate(failures=Sum("failures_since_start"))
    return {row["username"] for row in sums if row["failures"] >= settings.AXES_FAILURE_LIMIT}


def unlock(person: Person, *, by: Person | None) -> int:
    """Forget the wrong tries at a person's account; return how many addresses had tried.

    by: who does it, None for the command line. Raises Refused: not-locked.
    """
    with transaction.atomic():
        count = int(AxesProxyHandler.reset_attempts(username=person.email))
        if not count:
            raise Refused("not-locked", f"Nobody has given a wrong password for {person.name} of late.")
        note(Verb.UNLOCKED, person=person, by=by)
    return count
