"""The cells of an hour of 64 series packed into bytes: counts by the minute, running totals, coarse cells. No tables.

Packed minutes: one byte for the number of lanes, one code a lane, then for each lane sixty totals and sixty bad counts,
each in the smallest width that fits; a width of 0 means that all are zero. Packed totals: good, total and measured
minutes before the hour and the mask of its measured minutes, each an integer of eight bytes a lane; a mask of -1 in the
first lane says that the row is coarse. Coarse cells: good, total and measured of the whole hour or day. Lanes at the
end that are empty are left out, and no bytes at all mean that nothing happened.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

LANES = 64  # series that share a row: those whose ids are alike but for the last six bits
MINUTES = 60
COARSE = -1
_WIDTHS = np.array([0, 1, 2, 4, 8])
_TYPES = {1: "<u1", 2: "<u2", 4: "<u4", 8: "<u8"}
_CODES = 8 * len(_WIDTHS)
_SIZES = np.array([MINUTES * (_WIDTHS[code >> 3] + _WIDTHS[min(code & 7, 4)]) for code in range(_CODES)])


def bits(mask: Ints) -> Ints:
    """Return how many bits of each mask are set.

    >>> bits(np.array([0, 5, (1 << 60) - 1])).tolist()
    [0, 2, 60]
    """
    return np.bitwise_count(mask).astype(np.int64)


def bits_below(offset: Ints | int) -> Ints:
    """Return masks of the minutes before an offset (0 to 60) into the hour.

    >>> bits_below(3).tolist()
    7
    """
    return (np.int64(1) << np.asarray(offset, np.int64)) - 1


def _codes(counts: Ints) -> Ints:
    """Return for each lane the index of the smallest width that holds its counts."""
    limits = np.array([0, 0xFF, 0xFFFF, 0xFFFF_FFFF], np.int64)
    codes: Ints = np.searchsorted(limits, counts.max(axis=-1, initial=0)).astype(np.int64)
    return codes


def _used(is_used: NDArray[np.bool_]) -> Ints:
    """Return how many lanes a row needs, up to the last that is used; shape (rows, lanes) to (rows,)."""
    used: Ints = (is_used * np.arange(1, is_used.shape[1] + 1)).max(axis=1, initial=0)
    return used


def pack(total: Ints, bad: Ints) -> list[bytes]:
    """Pack counts of shape (rows, lanes, 60).

    >>> counts = np.zeros((2, 64, 60), np.int64); counts[1, 2, 7] = 300
    >>> [len(packed) for packed in pack(counts, counts * 0)]
    [0, 124]
    """
    codes = _codes(total) * 8 + _codes(bad)
    used = _used(codes > 0)
    sizes = _SIZES[codes]
    length = np.where(used, 1 + used + sizes.sum(axis=1), 0)
    start = np.cumsum(length) - length
    data = np.zeros(int(length.sum()), np.uint8)
    some = np.flatnonzero(used)
    data[start[some]] = used[some]
    row, lane = np.nonzero(np.arange(codes.shape[1]) < used[:, None])
    data[start[row] + 1 + lane] = codes[row, lane]
    offset = (start + 1 + used)[:, None] + np.cumsum(sizes, axis=1) - sizes
    for code in np.unique(codes[codes > 0]).tolist():
        row, lane = np.nonzero(codes == code)
        parts = [_as_bytes(part[row, lane], index) for part, index in ((total, code >> 3), (bad, code & 7)) if index]
        data[offset[row, lane][:, None] + np.arange(_SIZES[code])] = np.concatenate(parts, axis=1)
    whole, ends = data.tobytes(), (start + length).tolist()
    return [whole[begin:end] for begin, end in zip(start.tolist(), ends, strict=True)]


def _as_bytes(counts: Ints, index: int) -> Bytes:
    width = int(_WIDTHS[index])
    return counts.astype(_TYPES[width]).view(np.uint8).reshape(len(counts), MINUTES * width)


class Packed:
    """Rows as `pack` made them, opened for reading. Raises ValueError for other bytes."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        self._data = np.frombuffer(b"".join(rows), np.uint8)
        length = np.array([len(row) for row in rows], np.int64)
        start = np.cumsum(length) - length
        used = np.zeros(len(rows), np.int64)
        some = np.flatnonzero(length)
        used[some] = self._data[start[some]]
        self.codes = np.zeros((len(rows), LANES), np.int64)
        row, lane = np.nonzero(np.arange(LANES) < used[:, None])
        if (used > LANES).any() or (used[some] + 1 > length[some]).any():
            raise ValueError("the counts of an hour do not begin as they must")
        self.codes[row, lane] = self._data[start[row] + 1 + lane]
        if (self.codes >= _CODES).any() or (self.codes & 7 >= len(_WIDTHS)).any():
            raise ValueError("the counts of an hour have a code that nobody knows")
        sizes = _SIZES[self.codes]
        if not np.array_equal(np.where(used, 1 + used + sizes.sum(axis=1), 0), length):
            raise ValueError("the counts of an hour do not have the length that they announce")
        self._offset = (start + 1 + used)[:, None] + np.cumsum(sizes, axis=1) - sizes

    def _read(self, lane: int | None, minutes: int) -> "Iterator[tuple[int, Ints, Ints, NDArray[np.unsignedinteger]]]":
        """Yield which part (0 for total, 1 for bad), rows, lanes and first minutes of lanes that are packed alike."""
        codes = self.codes if lane is None else np.where(np.arange(LANES) == lane, self.codes, 0)
        for code in np.unique(codes[codes > 0]).tolist() if minutes else []:
            row, at = np.nonzero(codes == code)
            offset = self._offset[row, at]
            for part, width in enumerate(_WIDTHS[[code >> 3, code & 7]].tolist()):
                if width:
                    data = np.lib.stride_tricks.sliding_window_view(self._data, minutes * width)[offset]
                    yield part, row, at, data.view(_TYPES[width])
                offset = offset + MINUTES * width

    def minutes(self) -> Ints:
        """Return total and bad of every minute, shape (2, rows, lanes, 60)."""
        found = np.zeros((2, len(self.codes), LANES, MINUTES), np.int64)
        for part, row, lane, counts in self._read(None, MINUTES):
            found[part, row, lane] = counts
        return found

    def lane(self, lane: int) -> Ints:
        """Return total and bad of every minute of one lane, shape (2, rows, 60)."""
        found = np.zeros((2, len(self.codes), MINUTES), np.int64)
        for part, row, _, counts in self._read(lane, MINUTES):
            found[part, row] = counts
        return found

    def sums_before(self, offset: int) -> Ints:
        """Return total and bad of the minutes before an offset (0 to 60), shape (2, rows, lanes)."""
        found = np.zeros((2, len(self.codes), LANES), np.int64)
        for part, row, lane, counts in self._read(None, offset):
            found[part, row, lane] = counts.sum(axis=1, dtype=np.int64)
        return found


def pack_lanes(values: Ints, at_least: int = 0) -> list[bytes]:
    """Pack integers of shape (kinds, rows, lanes), as totals (four kinds) and coarse cells (three) are."""
    used = np.maximum(_used((values != 0).any(axis=0)), at_least).tolist()
    by_row = values.transpose(1, 0, 2).astype("<i8")
    return [by_row[row, :, :lanes].tobytes() for row, lanes in enumerate(used)]


def unpack_lanes(rows: Sequence[bytes], kinds: int) -> Ints:
    """Return integers of shape (kinds, rows, lanes). Raises ValueError for bytes that `pack_lanes` never made."""
    found = np.zeros((len(rows), kinds, LANES), np.int64)
    lengths = np.array([len(row) for row in rows])
    for length in np.unique(lengths[lengths > 0]).tolist():
        lanes, rest = divmod(length, 8 * kinds)
        if rest or lanes > LANES:
            raise ValueError(f"the totals of an hour have {length} bytes")
        at = np.flatnonzero(lengths == length)
        data = np.frombuffer(b"".join([rows[row] for row in at.tolist()]), "<i8")
        found[at, :, :lanes] = data.reshape(len(at), kinds, lanes)
    return found.transpose(1, 0, 2)
