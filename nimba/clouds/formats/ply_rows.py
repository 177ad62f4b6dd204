"""The rows of one element of a binary PLY, in place: of one length where their lists agree, else found one by one."""

from array import array
from pathlib import Path
from typing import Protocol

import numpy as np

from nimba.clouds.formats.ply_header import Element, Property
from nimba.clouds.formats.polygons import fans, fans_of_lists
from nimba.runtime.errors import InputError

_GATHER = 1 << 18  # numbers that are gathered at once


class Rows(Protocol):
    """So many rows that end at ``end``, the place of the first byte behind them."""

    end: int

    def numbers(self, indices: list[int]) -> np.ndarray:
        """Some numbers of every row: (rows, numbers)."""

    def polygons(self, index: int) -> np.ndarray:
        """A list of every row, taken for the corners of a polygon, as triangles: (triangles, 3)."""

    def lists(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """A list of every row: their lengths (rows,), and what is in them, one after the other."""


def find_rows(path: Path, element: Element, data: bytes, start: int) -> Rows:
    """The rows of an element that begins at ``start``.

    Raises:
        InputError: the data end before they do.
    """
    rows = EqualRows(element, data, start)
    return rows if rows.fits() else UnequalRows(path, element, data, start)


class EqualRows:
    """Rows whose lists are all as long as those of the first row: views, without a copy.

    Args:
        element: its count and properties.
        data: of the file, behind the header.
        start: the place of the first row.
    """

    def __init__(self, element: Element, data: bytes, start: int):
        self.element, self.data, self.start = element, data, start
        self.places: list[int] = []  # of each property in a row
        self.lengths: list[int] = []  # of each list; 1 for a number
        place = 0
        for number in element.properties:
            self.places.append(place)
            length = 1
            if number.counts is not None and element.count:
                length = _count(data, start + place, number)
            self.lengths.append(length)
            place += (number.counts.itemsize if number.counts is not None else 0) + max(
                length, 0
            ) * number.dtype.itemsize
        self.size = place
        self.end = start + element.count * place

    def fits(self) -> bool:
        """Whether the rows are as they were taken to be: they end in time, and their lists agree."""
        if self.end > len(self.data) or min(self.lengths, default=0) < 0:
            return False
        listed = [(i, p.counts) for i, p in enumerate(self.element.properties) if p.counts is not None]
        return all(bool((self._view(i, counts) == self.lengths[i]).all()) for i, counts in listed)

    def numbers(self, indices: list[int]) -> np.ndarray:
        """Some numbers of every row: (rows, numbers)."""
        dtype, places = self.element.properties[indices[0]].dtype, [self.places[i] for i in indices]
        alike = all(self.element.properties[i].dtype == dtype for i in indices)
        if self.element.count and alike and places == [places[0] + i * dtype.itemsize for i in range(len(places))]:
            steps = (self.size, dtype.itemsize)
            return np.ndarray((self.element.count, len(places)), dtype, self.data, self.start + places[0], steps)
        return np.stack([self._view(i, self.element.properties[i].dtype) for i in indices], 1)

    def polygons(self, index: int) -> np.ndarray:
        """A list of every row, taken for the corners of a polygon, as triangles: (triangles, 3)."""
        return fans(self._table(index))

    def lists(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """A list of every row: their lengths (rows,), and what is in them, one after the other."""
        return np.full(self.element.count, self.lengths[index]), self._table(index).ravel()

    def _table(self, index: int) -> np.ndarray:
        item, shape = self.element.properties[index], (self.element.count, self.lengths[index])
        assert item.counts is not None
        if 0 in shape:
            return np.empty(shape, item.dtype)
        offset, steps = self.start + self.places[index] + item.counts.itemsize, (self.size, item.dtype.itemsize)
        return np.ndarray(shape, item.dtype, self.data, offset, steps)

    def _view(self, index: int, dtype: np.dtype) -> np.ndarray:
        if self.element.count == 0:
            return np.empty(0, dtype)
        return np.ndarray(self.element.count, dtype, self.data, self.start + self.places[index], (self.size,))


class UnequalRows:
    """Rows with lists of different lengths: where each begins is known only from the one before.

    Args:
        path: for errors.
        element: its count and properties.
        data: of the file, behind the header.
        start: the place of the first row.

    Raises:
        InputError: the data end before the rows do.
    """

    def __init__(self, path: Path, element: Element, data: bytes, start: int):
        self.element, self.data = element, data
        self.bytes = np.frombuffer(data, np.uint8)
        # A row is runs of numbers with a list between each two: only the runs' places need be kept.
        self.runs: list[tuple[int, int]] = []  # of each property: its run, and its place in there
        sizes: list[int] = [0]
        lists: list[Property] = []
        for number in element.properties:
            self.runs.append((len(lists), sizes[-1]))
            if number.counts is None:
                sizes[-1] += number.dtype.itemsize
            else:
                lists.append(number)
                sizes.append(0)
        self.places, self.end = self._walk(path, sizes, lists, start)

    def _walk(self, path: Path, sizes: list[int], lists: list[Property], place: int) -> tuple[np.ndarray, int]:
        """Places of the runs (rows, runs), and of the first byte behind the rows."""
        data, end, places = self.data, len(self.data), array("q")
        steps = [
            (size, item, item.counts == np.uint8, item.counts.itemsize, item.dtype.itemsize)
            for size, item in zip(sizes[:-1], lists, strict=True)
            if item.counts is not None
        ]
        for row in range(self.element.count):
            for size, item, is_byte, head, width in steps:
                places.append(place)
                place += size
                length = data[place] if is_byte and place < end else _count(data, place, item)
                place = place + head + length * width if length >= 0 else end + 1
            places.append(place)
            place += sizes[-1]
            if place > end:
                raise InputError(
                    f"{path}: not a readable PLY (its data end in {self.element.name[:20]!r} {row:,} of "
                    f"{self.element.count:,}); is the file complete?"
                )
        return np.frombuffer(places, np.int64).reshape(-1, len(sizes)), place

    def numbers(self, indices: list[int]) -> np.ndarray:
        """Some numbers of every row: (rows, numbers)."""
        runs = [self.runs[i] for i in indices]
        columns = [self.places[:, run] + place for run, place in runs]
        properties = [self.element.properties[i] for i in indices]
        return np.stack([self._gathered(c, p.dtype) for c, p in zip(columns, properties, strict=True)], 1)

    def polygons(self, index: int) -> np.ndarray:
        """A list of every row, taken for the corners of a polygon, as triangles: (triangles, 3)."""
        return fans_of_lists(*self.lists(index))

    def lists(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """A list of every row: their lengths (rows,), and what is in them, one after the other."""
        item, (run, place) = self.element.properties[index], self.runs[index]
        assert item.counts is not None
        heads = self.places[:, run] + place
        lengths = self._gathered(heads, item.counts).astype(np.int64)
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(heads + item.counts.itemsize, lengths) + within * item.dtype.itemsize
        return lengths, self._gathered(places, item.dtype)

    def _gathered(self, places: np.ndarray, dtype: np.dtype) -> np.ndarray:
        gathered = np.empty(len(places), dtype)
        for start in range(0, len(places), _GATHER):
            part = places[start : start + _GATHER, None] + np.arange(dtype.itemsize)  # (numbers, bytes)
            gathered[start : start + _GATHER] = self.bytes[part].view(dtype)[:, 0]
        return gathered


def _count(data: bytes, place: int, item: Property) -> int:
    """The length of a list; -1 where the data end before it."""
    assert item.counts is not None
    raw = data[place : place + item.counts.itemsize]
    return int(np.frombuffer(raw, item.counts)[0]) if len(raw) == item.counts.itemsize else -1
