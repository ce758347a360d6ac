"""The cells of an hour: counts of sixty minutes packed into bytes, and measured minutes as bits. No tables here.

Packed minutes are one code byte, sixty totals and sixty bad counts, each in the smallest width that fits; a width of 0
means that all are zero. No bytes at all: nothing happened in the hour. A coarse cell (an hour or a day without
minutes) is three integers of eight bytes: good, total, measured minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MINUTES = 60
ALL_MEASURED = (1 << MINUTES) - 1
COARSE = -1
WIDTHS = (0, 1, 2, 4, 8)
_TYPES = {1: "<u1", 2: "<u2", 4: "<u4", 8: "<u8"}


@dataclass(frozen=True, slots=True)
class Dense:
    """Counts of many hours, each of shape (hours, 60)."""

    total: Ints
    bad: Ints


def bits(mask: Ints) -> Ints:
    """Return how many bits of each mask are set.

    >>> bits(np.array([0, 5, ALL_MEASURED])).tolist()
    [0, 2, 60]
    """
    return np.bitwise_count(mask).astype(np.int64)


def bits_below(offset: NDArray[np.int64] | int) -> Ints:
    """Return masks of the minutes before an offset (0 to 60) into the hour.

    >>> bits_below(3).tolist()
    7
    """
    return (np.int64(1) << np.asarray(offset, np.int64)) - 1


def _codes(greatest: Ints) -> Ints:
    """Return for each row the index into WIDTHS that its greatest value wants."""
    limits = np.array([0, 0xFF, 0xFFFF, 0xFFFF_FFFF], np.int64)
    return np.searchsorted(limits, greatest, side="left").astype(np.int64)


def pack(total: Ints, bad: Ints) -> list[bytes]:
    """Pack counts of shape (hours, 60) into bytes, an hour each.

    >>> counts = np.zeros((2, 60), np.int64); counts[1, 7] = 300
    >>> [len(packed) for packed in pack(counts, counts * 0)]
    [0, 121]
    """
    codes = _codes(total.max(axis=1, initial=0)) * 8 + _codes(bad.max(axis=1, initial=0))
    packed = np.full(len(total), b"", object)
    for code in np.unique(codes):
        if not code:
            continue
        rows = np.flatnonzero(codes == code)
        parts = [np.full((len(rows), 1), code, np.uint8)]
        parts += [_bytes(part[rows], WIDTHS[index]) for part, index in ((total, code >> 3), (bad, code & 7)) if index]
        whole = np.concatenate(parts, axis=1)
        data, size = whole.tobytes(), whole.shape[1]
        packed[rows] = [data[at : at + size] for at in range(0, len(data), size)]
    return list(packed)


def _bytes(counts: Ints, width: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(counts.astype(_TYPES[width])).view(np.uint8).reshape(len(counts), MINUTES * width)


def _groups(packed: Sequence[bytes]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for row, counts in enumerate(packed):
        if counts:
            groups.setdefault(counts[0], []).append(row)
    return groups


def _parts(packed: Sequence[bytes], rows: Sequence[int], code: int) -> tuple[NDArray[np.unsignedinteger] | None, ...]:
    """Return totals and bad counts of rows that have the same code, None where all are zero. Raises ValueError."""
    widths = WIDTHS[code >> 3], WIDTHS[code & 7]
    size = 1 + MINUTES * sum(widths)
    whole = np.frombuffer(b"".join([packed[row] for row in rows]), np.uint8).reshape(len(rows), size)
    split = 1 + MINUTES * widths[0]
    total = whole[:, 1:split].view(_TYPES[widths[0]]) if widths[0] else None
    return total, whole[:, split:].view(_TYPES[widths[1]]) if widths[1] else None


def unpack(packed: Sequence[bytes]) -> Dense:
    """Return the counts of hours packed by `pack`. Raises ValueError for bytes that `pack` never made."""
    found = Dense(*(np.zeros((len(packed), MINUTES), np.int64) for _ in range(2)))
    for code, rows in _groups(packed).items():
        total, bad = _read(packed, rows, code)
        if total is not None:
            found.total[rows] = total
        if bad is not None:
            found.bad[rows] = bad
    return found


def _read(packed: Sequence[bytes], rows: Sequence[int], code: int) -> tuple[NDArray[np.unsignedinteger] | None, ...]:
    try:
        return _parts(packed, rows, code)
    except (IndexError, KeyError) as error:
        raise ValueError(f"the counts of an hour begin with an unknown code {code}") from error


def sums_before(packed: Sequence[bytes], offset: int) -> tuple[Ints, Ints]:
    """Return total and bad of the minutes before an offset (0 to 60), an hour each; cheaper than `unpack`.

    >>> sums_before(pack(np.ones((1, 60), np.int64), np.zeros((1, 60), np.int64)), 7)
    (array([7]), array([0]))
    """
    total, bad = np.zeros((2, len(packed)), np.int64)
    if offset:
        for code, rows in _groups(packed).items():
            for into, part in zip((total, bad), _read(packed, rows, code), strict=True):
                if part is not None:
                    into[rows] = part[:, :offset].sum(axis=1, dtype=np.int64)
    return total, bad


def pack_coarse(good: Ints, total: Ints, measured: Ints) -> list[bytes]:
    """Pack coarse cells, each of shape (cells,)."""
    data = np.stack([good, total, measured], axis=1).astype("<i8").tobytes()
    return [data[at : at + 24] for at in range(0, len(data), 24)]


def unpack_coarse(packed: Sequence[bytes]) -> Ints:
    """Return good, total and measured of coarse cells, shape (3, cells); no bytes are zeros. Raises ValueError."""
    data = b"".join([cell or bytes(24) for cell in packed])
    return np.frombuffer(data, "<i8").reshape(len(packed), 3).T.astype(np.int64)
