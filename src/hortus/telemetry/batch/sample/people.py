"""The invented users of the sample: names, groups, when each came, how busy each is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

USERS, GROUPS = 60, 15
_FIRST = (
    "bra",
    "cor",
    "del",
    "fen",
    "gil",
    "hol",
    "jun",
    "kes",
    "lum",
    "mar",
    "nor",
    "pel",
    "ros",
    "sil",
    "tam",
    "wil",
)
_LAST = ("a", "bert", "den", "do", "el", "fa", "gan", "in", "ka", "lo", "mo", "ra", "ris", "sen", "to", "wyn")
_FIELDS = (
    *("reefs", "glaciers", "polymers", "orchards", "tides", "alloys", "pollen", "quartz"),
    *("embryos", "plasmas", "soils", "galaxies", "vaccines", "turbines", "dialects"),
)
JOB_NAMES = (
    *("assemble", "relax", "sweep", "train", "fold", "mesh", "align", "render", "fit", "spectra"),
    *("advect", "quench", "annotate", "resample", "invert"),
)


@dataclass(frozen=True)
class People:
    """Arrays of `USERS` entries each. `arrives` is the share of the whole span that has passed when a user comes."""

    names: NDArray[np.str_]
    groups: NDArray[np.str_]
    arrives: NDArray[np.float64]
    weight: NDArray[np.float64]


def invent_people(chance: np.random.Generator) -> People:
    """Invent the users: a third come after the start, some each month; a few are far busier than the others."""
    combined = np.array([first + last for first in _FIRST for last in _LAST])
    names = chance.choice(combined, USERS, replace=False)
    group_of = np.concatenate([np.arange(GROUPS), chance.integers(0, GROUPS, USERS - GROUPS)])
    arrives = np.where(np.arange(USERS) < USERS * 2 // 3, 0.0, chance.uniform(0.02, 0.97, USERS))
    # A group is as new as its first user: the last two groups begin with somebody new.
    arrives[np.isin(group_of, (GROUPS - 2, GROUPS - 1))] = chance.uniform(0.3, 0.95, np.isin(group_of, (13, 14)).sum())
    weight = 1.0 / (1.0 + chance.permutation(USERS)) ** 0.8
    return People(names, np.array(_FIELDS)[group_of], arrives, weight / weight.sum())


def who_submits(chance: np.random.Generator, people: People, moment: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose a user for each moment (share of the span); who has not come yet is replaced by somebody who has."""
    chosen = chance.choice(USERS, len(moment), p=people.weight)
    settled = np.flatnonzero(people.arrives == 0)
    instead = chance.choice(settled, len(moment))
    return np.where(people.arrives[chosen] <= moment, chosen, instead).astype(np.int64)
