"""Rows with equal names must come in one order on every database, or pages and exports flicker."""

import pytest
from django.apps import apps
from django.db import models

ORDERED = [model for model in apps.get_models() if model.__module__.startswith("hortus.") and model._meta.ordering]


def _first(name: str) -> str:
    return name.removeprefix("-").split("__")[0]


def _unique(model: type[models.Model]) -> list[set[str]]:
    """Return the sets of fields of which every row has other values."""
    alone = [{field.name} for field in model._meta.fields if field.unique]
    together = [set(one.fields) for one in model._meta.total_unique_constraints]
    return [*alone, *together, {"pk"}]


@pytest.mark.parametrize("model", ORDERED, ids=lambda model: model._meta.label)
def test_an_order_leaves_nothing_open(model: type[models.Model]) -> None:
    """Parents need not be named: rows are asked for within one team, cluster or series."""
    named = {_first(one) for one in model._meta.ordering}
    parents = {field.name for field in model._meta.fields if field.is_relation}
    assert any(one <= named | parents and one & named for one in _unique(model)), model._meta.ordering
