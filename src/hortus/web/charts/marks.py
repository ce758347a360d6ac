"""Writes SVG elements: escaping, coordinates, attribute names. Knows no chart."""

import math
import re
from collections.abc import Iterable

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}
CAMEL = {"view_box": "viewBox", "preserve_aspect_ratio": "preserveAspectRatio", "css": "class"}


def escaped(text: str) -> str:
    """Return text that may stand in an element or an attribute, without what XML forbids.

    >>> escaped('a<b> & "c"' + chr(0))
    'a&lt;b&gt; &amp; &quot;c&quot;'
    """
    return NOT_XML.sub("", text).translate(ENTITIES)


def fixed(value: float) -> str:
    """Return a coordinate with at most two decimals; raises ValueError for anything that is not finite.

    >>> fixed(12.0), fixed(0.126), fixed(-0.001)
    ('12', '0.13', '0')
    """
    if not math.isfinite(value):
        raise ValueError(f"a coordinate must be finite, got {value}")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(fraction: float) -> str:
    """Return a fraction of the width as a coordinate.

    >>> percent(0.125)
    '12.5%'
    """
    return f"{fixed(fraction * 100)}%"


def element(name: str, *children: str, **attributes: str | float | None) -> str:
    """Return one element; children are finished SVG, attributes are escaped, None leaves one out.

    >>> element("line", css="grid", x1=0, x2="100%")
    '<line class="grid" x1="0" x2="100%"/>'
    """
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            shown = escaped(value) if isinstance(value, str) else fixed(value)
            parts.append(f'{CAMEL.get(key, key.replace("_", "-"))}="{shown}"')
    opening = " ".join(parts)
    return f"<{opening}>{''.join(children)}</{name}>" if children else f"<{opening}/>"


def text(words: str, **attributes: str | float | None) -> str:
    """Return a text element."""
    return element("text", escaped(words), **attributes)


def polyline(points: Iterable[tuple[float, float]], css: str) -> str:
    """Return an open line through the points."""
    return element("polyline", css=css, points=" ".join(f"{fixed(x)},{fixed(y)}" for x, y in points))


def polygon(points: Iterable[tuple[float, float]], css: str) -> str:
    """Return a closed shape through the points."""
    return element("polygon", css=css, points=" ".join(f"{fixed(x)},{fixed(y)}" for x, y in points))


def picture(label: str, *children: str, **attributes: str | float | None) -> str:
    """Return the outermost element: an image with a name for screen readers."""
    name = label if NOT_XML.sub("", label).strip() else "Chart"
    return element("svg", *children, role="img", aria_label=name, **attributes)
