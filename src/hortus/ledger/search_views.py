"""The search page of a team: works without scripts; with them it searches while one types."""

from django.http import HttpResponse
from django.shortcuts import render

from hortus.access.doors import TeamRequest, team_page
from hortus.ledger.search import FARTHEST, search
from hortus.ledger.search_models import SearchEntryQuerySet
from hortus.ledger.search_words import LONGEST_QUERY, storable, terms

HITS_ON_A_PAGE = 20


def page_number(text: str) -> int:
    """Return a page that exists at most, counted from 1, for whatever stands in the URL.

    >>> page_number("3"), page_number("-1"), page_number("x"), page_number("9" * 5000)
    (3, 1, 1, 50)
    """
    digits = text[:5] if text.isascii() and text.isdigit() else "1"
    return min(max(int(digits), 1), FARTHEST // HITS_ON_A_PAGE)


@team_page(SearchEntryQuerySet.kind)
def search_page(request: TeamRequest) -> HttpResponse:
    """Show what holds the words that were asked for."""
    asked = storable(request.GET.get("q", "")[:LONGEST_QUERY])
    number = page_number(request.GET.get("page", "1"))
    found = search(request.standing, asked, HITS_ON_A_PAGE + 1, (number - 1) * HITS_ON_A_PAGE)
    context = {
        "asked": asked,
        "has_words": bool(terms(asked)),
        "hits": found[:HITS_ON_A_PAGE],
        "page": number,
        "first": (number - 1) * HITS_ON_A_PAGE + 1,
        "before": number - 1,
        "after": number + 1 if len(found) > HITS_ON_A_PAGE and number < FARTHEST // HITS_ON_A_PAGE else 0,
        "longest": LONGEST_QUERY,
    }
    return render(request, "ledger/search.html", context)
