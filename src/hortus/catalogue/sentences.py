"""What people write for researchers: one line of plain text each, checked before it is kept."""

from dataclasses import dataclass

from hortus.values.carriable import refuse_uncarriable
from hortus.values.refused import Refused

LONGEST_SENTENCE = 300  # characters, as the tables hold them


@dataclass(frozen=True, slots=True)
class Sentences:
    """What a researcher can do, cannot do, and can do instead; each may be empty."""

    can: str = ""
    cannot: str = ""
    instead: str = ""

    def __bool__(self) -> bool:
        return bool(self.can or self.cannot or self.instead)

    def checked(self) -> "Sentences":
        """Return the three as they are kept. Raises Refused as `plain` does."""
        return Sentences(*(plain(getattr(self, name), name, LONGEST_SENTENCE) for name in ("can", "cannot", "instead")))


SILENT = Sentences()


def plain(text: str, field: str, longest: int, *, required: bool = False) -> str:
    """Return a text as one line, with its white space made single blanks.

    field: its name in forms and in the API. longest: how many characters are allowed. Raises Refused when it is too
    long, empty though required, or holds a control character, which feeds and calendars cannot carry.
    """
    line = " ".join(text.split())
    if required and not line:
        raise Refused("empty", f"The {field} is empty; write one of up to {longest} characters.", field)
    if len(line) > longest:
        raise Refused("too-long", f"This has {len(line)} characters; at most {longest} are allowed.", field)
    refuse_uncarriable(line, field)
    return line
