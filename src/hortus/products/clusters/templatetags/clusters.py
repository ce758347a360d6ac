"""Filters of the cluster pages: sizes and states as words."""

from django import template

from hortus.products.clusters import pictures

register = template.Library()
register.filter("size_words", pictures.size_words)


@register.filter
def capfirst_lower(state: str) -> str:
    """Write a scheduler's state as a word.

    >>> capfirst_lower("NODE_FAIL")
    'Node fail'
    """
    return state.replace("_", " ").capitalize()
