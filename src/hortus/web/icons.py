"""Reads the vendored Lucide icons and returns them as inline SVG; knows nothing of pages."""

import re
from functools import cache
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "vendor" / "lucide-static" / "icons"
OPENING = (
    '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
    'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
)


class UnknownIconError(LookupError):
    """An icon was asked for that is not laid into the vendor folder."""


@cache
def strokes(name: str) -> str:
    """Return what lies inside the `svg` element of the icon `name`, on one line.

    Raises UnknownIconError, which says which icons exist, when it is not there.
    """
    path = FOLDER / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        known = ", ".join(sorted(icon.stem for icon in FOLDER.glob("*.svg"))) or "none, run scripts/frontend.py"
        raise UnknownIconError(
            f"no icon is named {name!r}; there are: {known}. Add the name to ICONS in scripts/frontend.py."
        )
    text = path.read_text(encoding="utf-8")
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return " ".join(body.split()).replace("> <", "><").replace(" />", "/>")


def drawn(name: str, label: str = "") -> str:
    """Return the icon as inline SVG in the colour of its text.

    Without a label it is decoration, hidden from screen readers; with one it is an image of that name.
    """
    meaning = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f"{OPENING} {meaning}>{strokes(name)}</svg>"
