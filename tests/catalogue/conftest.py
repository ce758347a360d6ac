"""What the tests of the catalogue share."""

import pytest

from hortus.access.models import Team
from hortus.catalogue.models import Function

from .speech import a_function


@pytest.fixture
def scratch(team: Team) -> Function:
    return a_function(team)
