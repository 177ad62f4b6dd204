"""Clouds that a data set holds twice; on both sides of a split, the test has been seen in training."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nimba.clouds import read
from nimba.datasets.near_duplicates import Sketch, near_pairs, sketch
from nimba.runtime.errors import InputError

_KINDS: tuple[Literal["file", "points", "near"], ...] = ("file", "points", "near")


@dataclass(frozen=True)
class Member:
    """One of several equal clouds.

    Args:
        place: of the cloud in what was given.
        id: what it is called.
        split: that it lies in.
        label: its class.
    """

    place: int
    id: str
    split: str
    label: str


@dataclass(frozen=True)
class Duplicates:
    """Two clouds or more that are the same.

    Args:
        kind: "file": the files are equal, byte by byte; "points": the clouds are, but for the order of their points;
            "near": they are samples of one shape, as far as can be told from their points.
        members: in the order of what was given.
    """

    kind: Literal["file", "points", "near"]
    members: tuple[Member, ...]

    @property
    def splits(self) -> list[str]:
        """That hold one, each once."""
        return list(dict.fromkeys(member.split for member in self.members))

    @property
    def is_leak(self) -> bool:
        """Whether train and another split hold the same cloud."""
        return "train" in self.splits and len(self.splits) > 1

    @property
    def is_contradiction(self) -> bool:
        """Whether the same cloud has several labels."""
        return len({member.label for member in self.members}) > 1

    def to_dict(self) -> dict[str, Any]:
        """Plain types."""
        return {
            "kind": self.kind,
            "leak": self.is_leak,
            "contradiction": self.is_contradiction,
            "clouds": [{"file": one.id, "split": one.split, "label": one.label} for one in self.members],
        }


def find_duplicates(
    items: Sequence[Any],
    ids: Sequence[str],
    splits: Sequence[str],
    labels: Sequence[str],
    *,
    near: bool = True,
    progress: Callable[[int], object] | None = None,
) -> list[Duplicates]:
    """The clouds that are there more than once: leaks first, then contradictory labels, then the others.

    Files that cannot be read are compared byte by byte only.

    Args:
        items: paths of files, or arrays (N, 3).
        ids: what each is called.
        splits: that each lies in: "train", "val", "test".
        labels: the class of each.
        near: look for clouds that are nearly the same as well; see ``nimba.datasets.near_duplicates``.
        progress: is called with how many more clouds were looked at.

    Raises:
        InputError: not as many ids, splits or labels as items.
    """
    if not len(items) == len(ids) == len(splits) == len(labels):
        raise InputError(f"items: {len(items)}, with {len(ids)} ids, {len(splits)} splits and {len(labels)} labels")
    keys: list[Hashable] = []
    sums: list[Hashable] = []
    seen: set[Hashable] = set()
    sketches: dict[int, Sketch] = {}  # one of each cloud that is there, by its first place
    for place, item in enumerate(items):
        points = _points(item)
        sum_ = None if points is None else _digest(_in_one_order(points))
        if near and points is not None and sum_ not in seen:
            sketches[place] = sketch(points)
            seen.add(sum_)
        keys.append(_file_key(item))
        sums.append(sum_)
        if progress is not None:
            progress(1)
    places = list(sketches)
    close = [(places[one], places[other]) for one, other in near_pairs(list(sketches.values()))]
    links = {"file": _equal(keys), "points": _equal(sums), "near": close}
    found: list[Duplicates] = []
    told: list[list[int]] = []
    so_far: list[tuple[int, int]] = []
    for kind in _KINDS:
        so_far += links[kind]
        for group in _joined(so_far):
            if group not in told:  # else a stronger word for it was found
                told.append(group)
                members = (Member(at, str(ids[at]), splits[at], labels[at]) for at in group)
                found.append(Duplicates(kind, tuple(members)))
    return sorted(found, key=lambda one: (not one.is_leak, not one.is_contradiction, _KINDS.index(one.kind)))


def _file_key(item: Any) -> Hashable:
    """Of the bytes of a file; None where it is no file, or cannot be read."""
    if not isinstance(item, str | PathLike):
        return None
    try:
        with Path(item).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def _points(item: Any) -> np.ndarray | None:
    """(N, 3) float32 of an array or a file; None where it cannot be read."""
    if not isinstance(item, str | PathLike):
        return np.asarray(item, np.float32)
    try:
        return read(Path(item)).points
    except (InputError, OSError):
        return None


def _in_one_order(points: np.ndarray) -> np.ndarray:
    """The points (N, 3), sorted; -0 becomes 0."""
    return points[np.lexsort(points.T[::-1])] + np.float32(0)


def _digest(points: np.ndarray) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(points).tobytes()).digest()


def _equal(keys: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of places with one key, each with the first of them; None is equal to nothing."""
    first: dict[Hashable, int] = {}
    pairs = [(first.setdefault(key, place), place) for place, key in enumerate(keys) if key is not None]
    return [(one, other) for one, other in pairs if one != other]


def _joined(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The groups that pairs link together, directly or through others; each ascending."""
    root: dict[int, int] = {}

    def top(place: int) -> int:
        while root.setdefault(place, place) != place:
            place = root[place]
        return place

    for one, other in pairs:
        low, high = sorted((top(one), top(other)))
        root[high] = low
    groups: dict[int, list[int]] = defaultdict(list)
    for place in sorted(root):
        groups[top(place)].append(place)
    return list(groups.values())
