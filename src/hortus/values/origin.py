"""Where an incident or an interrupt came from, in one spelling for every practice. Pure."""

from enum import StrEnum


class Origin(StrEnum):
    """Where something that displaced planned work came from, as those who were there see it."""

    CHANGE = "own-change"
    GAP = "own-gap"
    OUTSIDE = "outside"
    MIXED = "mixed"
    UNKNOWN = ""

    @property
    def word(self) -> str:
        """Return the words people read."""
        return _WORDS[self]

    @property
    def short(self) -> str:
        """Return the words of a table's cell.

        >>> Origin.OUTSIDE.short
        'outside'
        """
        return self.word.partition(":")[0]

    @property
    def is_own(self) -> bool:
        """Say whether it came from ourselves alone: a change of ours, or something that we lack."""
        return self in {Origin.CHANGE, Origin.GAP}


_WORDS = {
    Origin.CHANGE: "a change of our own", Origin.GAP: "something that we lack",
    Origin.OUTSIDE: "outside: vendor, facility, another unit, use beyond the design",
    Origin.MIXED: "both ourselves and outside", Origin.UNKNOWN: "not said yet",
}  # fmt: skip
