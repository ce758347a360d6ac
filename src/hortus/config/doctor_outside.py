"""What `hortus doctor` looks at beyond this machine's disk: proxy, host names, mail server, alerts. Sends nothing."""

import smtplib
from urllib.parse import urlsplit

from django.conf import settings

from hortus.access.models import Team
from hortus.config.finding import Finding, Found, State, ok, trouble
from hortus.products.slos import alertmanager_told

_ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 -- compared with, not bound to
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def proxy() -> Found:
    """Look whether host, public URL and trusted proxies fit together."""
    declared = settings.HORTUS
    is_open = declared.uds is None and declared.host not in _LOOPBACK
    if is_open and not declared.public_url:
        yield trouble("proxy", f"Hortus listens on {declared.host} and public_url is empty, so cookies are not secure "
                      "and links in messages lead nowhere; set HORTUS_PUBLIC_URL.")  # fmt: skip
    elif declared.host in _ANYWHERE and not declared.allowed_hosts and not declared.public_url:
        yield trouble("proxy", "Hortus listens on every address and knows no host name; set HORTUS_ALLOWED_HOSTS.")
    elif declared.public_url.startswith("https://") and not declared.trusted_proxies:
        yield Finding("proxy", State.NOTE, "public_url begins with https and no proxy is trusted: sign-in sees the "
                      "proxy's address for everybody. Name it in HORTUS_TRUSTED_PROXIES.")  # fmt: skip
    elif is_open and not declared.public_url.startswith("https://"):
        yield trouble("proxy", f"Passwords travel open to {declared.public_url}; put a proxy with TLS before it.")
    else:
        yield ok("proxy", "Address, public URL and trusted proxies fit together.")


def alertmanager() -> Found:
    """Look whether the Alertmanager of the settings took the alerts of all teams the last time; asks it nothing."""
    if not settings.HORTUS.alertmanager_url:
        return
    teams = Team.objects.filter(is_sample=False).order_by("slug")
    failing = [(team.slug, said) for team in teams if (said := alertmanager_told.sentence(team))]
    for slug, said in failing:
        yield trouble("alertmanager", f"{slug}: {said}")
    if not failing:
        yield ok("alertmanager", "Nothing is known of an alert that Alertmanager did not take.")


def mail() -> Found:
    """Look whether the mail server answers and takes the sign-in; nothing is sent."""
    given = urlsplit(settings.HORTUS.email_url)
    if given.scheme not in {"smtp", "smtps"}:
        yield Finding("mail", State.NOTE, "No mail is sent: HORTUS_EMAIL_URL is empty. Links are shown instead.")
        return
    try:
        kind = smtplib.SMTP_SSL if given.scheme == "smtps" else smtplib.SMTP
        with kind(given.hostname or "", given.port or (465 if given.scheme == "smtps" else 25), timeout=10) as server:
            code, _ = server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield trouble("mail", f"The mail server {given.hostname} does not answer: {error}; check HORTUS_EMAIL_URL.")
        return
    if code == 250:
        yield ok("mail", f"The mail server {given.hostname} answers.")
    else:
        yield trouble("mail", f"The mail server {given.hostname} answers with code {code}; check HORTUS_EMAIL_URL.")
