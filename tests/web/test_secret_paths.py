"""Secrets that stand in addresses, and the log that tells of refused requests."""

import logging
from uuid import uuid4

import pytest
from django.test import Client

from hortus.access.models import Team
from hortus.web.secret_paths import INSTEAD, keep_out_of_logs

SECRET = "alerts_abcdefgh_0123456789012345678901234567890123456789abc"


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/alerts/in/{id}/{secret}", 405),
        ("/unsubscribe/{secret}/", 404),
        ("/status/rcd/subscription/{secret}/", 404),
    ],
)
def test_a_refused_request_is_logged_without_its_secret(
    path: str, refused: int, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert Client().get(path.format(id=uuid4(), secret=SECRET)).status_code == refused
    assert SECRET not in caplog.text
    assert INSTEAD in caplog.text


def test_a_token_that_opens_nothing_is_not_logged_either(team: Team, caplog: pytest.LogCaptureFixture) -> None:
    assert Client().post(f"/alerts/in/{uuid4()}/{SECRET}", b"{}", "application/json").status_code == 401
    assert SECRET not in caplog.text
    assert "Unauthorized" in caplog.text


def test_a_secret_in_foreign_letters_and_one_without_its_csrf_token_stay_out(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    Client().get("/unsubscribe/geheim-\u00fcber-alles\u2028x/")
    asked = Client(enforce_csrf_checks=True)
    assert asked.post(f"/account/invitation/{SECRET}/").status_code in (403, 405)
    assert SECRET not in caplog.text
    assert "geheim" not in caplog.text
    assert len([line for line in caplog.text.splitlines() if INSTEAD in line]) >= 2


def test_other_paths_are_told_whole(db: None, caplog: pytest.LogCaptureFixture) -> None:
    keep_out_of_logs()
    Client().get("/there/is/nothing/")
    assert "Not Found: /there/is/nothing/" in caplog.text
    assert sum(isinstance(one, logging.Filter) for one in logging.getLogger("django.request").filters) == 1
