"""Measure the search at 10,000 documents on SQLite and PostgreSQL, beside an unordered LIKE over the same rows.

Run: .venv/bin/python benchmarks/search.py [--documents N] [--postgresql URL]
Decides nothing. What it puts into the PostgreSQL database it takes out again; only the tables stay.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from _machine import calibration

WORDS, PER_DOCUMENT, ROUNDS = 20_000, 100, 60


def invented(count: int) -> list[tuple[str, str]]:
    """Return titles and bodies of words that are as unevenly common as those of a language."""
    chance = random.Random(1)
    letters = "eeeaaioutnsrlcdmpé"
    vocabulary = ["".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(WORDS)]
    weights = [1 / (rank + 3) for rank in range(WORDS)]
    drawn = chance.choices(vocabulary, weights, k=count * (PER_DOCUMENT + 5))
    texts = []
    for n in range(count):
        part = drawn[n * (PER_DOCUMENT + 5) : (n + 1) * (PER_DOCUMENT + 5)]
        texts.append((" ".join(part[:5]), " ".join(part[5:])))
    return texts


def middle(ask: Callable[[], Any]) -> float:
    """Return the median milliseconds of a call."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def measure(count: int) -> None:
    """Fill the database of the settings, print the figures, and leave it as it was."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        _measured(count)
        transaction.set_rollback(True)
    connection.close()


def _measured(count: int) -> None:
    from django.db import connection
    from django.db.models import Q

    from hortus.access.doors import Standing
    from hortus.access.models import Membership, Person, Team
    from hortus.access.policy import Kind, Role
    from hortus.ledger import search
    from hortus.ledger.models import SearchEntry

    teams = [Team.objects.create(slug=f"bench-{n}", name="Bench") for n in range(4)]
    person = Person.objects.create_user("bench@example.org", "Bench")
    Membership.objects.create(team=teams[0], person=person, role="member")
    me = Standing(person, teams[0], Role.MEMBER)
    texts = invented(count)
    # Nine tenths are of the team that asks; a tenth of these it may not read.
    kinds = [Kind.INVITATION if n % 10 == 5 else Kind.SERVICE for n in range(count)]
    owners = [teams[0] if n % 10 else teams[1 + n // 10 % 3] for n in range(count)]
    began = time.perf_counter()
    entries = [search._entry(owners[n], "note", kinds[n], search.Document(str(n), *texts[n])) for n in range(count)]
    search._write(entries)
    filled = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    seen = sorted({word for _, body in texts[:300] for word in body.split() if len(word) > 3})
    in_texts = {word: sum(word in body.split() for _, body in texts[:300]) for word in seen}
    ranked = sorted(seen, key=lambda word: (in_texts[word], word))
    often, usual, rare = ranked[-1], min(ranked, key=lambda word: abs(in_texts[word] - 9)), ranked[0]
    accent = next(w for w in seen if "é" in w)
    asked = {
        "in nearly all": often, "usual word": usual, "rare word": rare, "common and usual": f"{often} {usual}",
        "beginning of words": usual[:4],
        "accent folded": accent.replace("é", "e"), "nothing found": "xyzzyx",
    }  # fmt: skip
    mine = SearchEntry.objects.filter(team=teams[0], kind="service")
    print(f"{connection.vendor}: {count:,} documents of {PER_DOCUMENT} words, written in {filled:.1f} s; p50 in ms")
    print(f"  {'':20}  matches  search   LIKE")
    for name, text in asked.items():
        terms = search.terms(text)
        ours = middle(lambda text=text: search.search(me, text))  # type: ignore[misc]
        wanted = Q()
        for term in terms:
            wanted &= Q(title__icontains=term.word) | Q(body__icontains=term.word)
        like = middle(lambda wanted=wanted: list(mine.filter(wanted)[:20].values_list("title", "body")))  # type: ignore[misc]
        every = [kind.value for kind in Kind]
        found = len(search.matching(teams[0], every, terms, count, 0))
        print(f"  {name:20}  {found:7,}  {ours:6.2f}  {like:5.2f}")
    print(f"  calibration: {calibration():.2f} thousand rounds a second")


def main() -> None:
    """Measure SQLite, and PostgreSQL where a database is named, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--postgresql", default="", metavar="URL")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        measure(given.documents)
        return
    for url in ["", given.postgresql] if given.postgresql else [""]:
        with tempfile.TemporaryDirectory() as folder:
            kept = {name: value for name, value in os.environ.items() if not name.startswith("HORTUS_")}
            settings = {"HORTUS_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "hortus.config.settings"}
            settings |= {"HORTUS_DATABASE_URL": url} if url else {}
            command = [sys.executable, __file__, "--here", "--documents", str(given.documents)]
            subprocess.run(command, env=kept | settings, check=True)


if __name__ == "__main__":
    main()
