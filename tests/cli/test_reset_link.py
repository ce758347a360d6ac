"""`hortus reset-link` lets somebody back in from the server, and the record tells of it."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import is_mfa_enabled
from click.testing import CliRunner, Result
from django.test import Client

from hortus.access.models import Person, SecurityEvent
from hortus.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["reset-link", *arguments])


def test_the_link_sets_a_new_password_once(lead: Person) -> None:
    result = run("LENA@example.org")
    assert result.exit_code == 0
    path = "/" + result.stdout.strip().split("/", 3)[3]
    client = Client()
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "quite another garden", "password2": "quite another garden"})
    lead.refresh_from_db()
    assert lead.check_password("quite another garden")
    assert SecurityEvent.objects.filter(verb="was given a reset link", person=lead).count() == 1


def test_keeps_the_second_factor_unless_told_otherwise(lead: Person) -> None:
    TOTP.activate(lead, generate_totp_secret())
    assert run("lena@example.org").exit_code == 0
    assert is_mfa_enabled(lead)
    assert run("lena@example.org", "--without-factors").exit_code == 0
    assert not is_mfa_enabled(lead)
    assert SecurityEvent.objects.filter(verb="removed a second factor", person=lead).exists()


@pytest.mark.django_db
def test_nobody_of_that_address() -> None:
    result = run("nobody@example.org")
    assert result.exit_code == 2
    assert "Nobody here has the address nobody@example.org." in result.stderr
