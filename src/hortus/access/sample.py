"""What every part of the sample garden is planted into."""

from dataclasses import dataclass
from datetime import datetime

from hortus.access.models import Person


@dataclass(frozen=True, slots=True)
class World:
    """What every part of the sample may rely on: when it ends (aware), its seed, its persons with the lead first."""

    until: datetime
    seed: int
    persons: tuple[Person, ...]
