"""Labelled files, whatever says which class they are of: their classes, their splits, and cuts of these."""

import re
from abc import ABC
from pathlib import Path

import numpy as np

from nimba.datasets.splitting import grouped_folds, grouped_split, stratified_folds, stratified_split
from nimba.runtime.errors import InputError


class Layout(ABC):
    """Files with a class each, in one split or several.

    Args:
        root: folder or table that they come from.
        group_by: regular expression; files whose paths it matches alike, in its first parenthesis or as a whole,
            belong together (scans of one object) and never fall on both sides of a cut. None for no groups.

    Raises:
        InputError: no regular expression.
    """

    files: dict[str, list[Path]]
    """Paths by split: train, and where there are any, val and test."""
    class_names: list[str]

    def __init__(self, root: Path, group_by: str | None = None):
        self.root = root
        self.group_by = group_by
        self._classes: dict[Path, str] = {}
        try:
            self._pattern = None if group_by is None else re.compile(group_by)
        except re.error as error:
            raise InputError(f"group_by is {group_by!r}: no regular expression ({error})") from None

    def class_of(self, path: Path) -> str:
        """The class of a file of these."""
        return self._classes[path]

    def name_of(self, path: Path) -> str:
        """What a file is called in messages, listings and the hash of a cut."""
        return f"{self.class_of(path)}/{path.name}"

    def group_of(self, path: Path) -> str:
        """Which files belong together; a file that the pattern does not match is a group of its own."""
        found = self._pattern.search(path.as_posix()) if self._pattern else None
        if found is None:
            return self.name_of(path)
        return "group " + (found[1] if found.re.groups and found[1] is not None else found[0])

    @property
    def grouped(self) -> bool:
        """Whether files belong together."""
        return self._pattern is not None

    def splits(self, test_fraction: float, seed: int) -> dict[str, list[Path]]:
        """Files a split; test is cut from train, stratified and seeded, where there is none.

        Raises:
            InputError: a class has one file or group only, which cannot be both train and test.
        """
        if "test" in self.files:
            return self.files
        self._require(2, "cannot be cut into train and test: add to class {name} or lay out train/ and test/")
        return self._cut(*self.cut(self.files["train"], test_fraction, seed))

    def cut(self, paths: list[Path], fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Cut ``fraction`` of every class: kept and cut places in ``paths``, each ascending."""
        if self.grouped:
            return grouped_split(self._labels(paths), list(map(self.group_of, paths)), fraction, seed)
        return stratified_split(self._labels(paths), list(map(self.name_of, paths)), fraction, seed)

    def fold(self, fold: int, folds: int, seed: int) -> dict[str, list[Path]]:
        """Files a split: of ``folds`` stratified, seeded parts of train, number ``fold`` is test and the rest is train.

        Raises:
            InputError: there is a test split of its own, or a class has fewer files or groups than there are folds.
        """
        if "test" in self.files:
            raise InputError(
                f"{self.files['test'][0].parent}: a test split of its own leaves no folds to cut: set folds to 0"
            )
        self._require(folds, f"for {folds} folds: add to the class, or ask for fewer")
        paths = self.files["train"]
        labels = self._labels(paths)
        if self.grouped:
            parts = grouped_folds(labels, list(map(self.group_of, paths)), folds, seed)
        else:
            parts = stratified_folds(labels, list(map(self.name_of, paths)), folds, seed)
        return self._cut(np.flatnonzero(parts != fold), np.flatnonzero(parts == fold))

    def _labels(self, paths: list[Path]) -> np.ndarray:
        place = {name: label for label, name in enumerate(self.class_names)}
        return np.array([place[self.class_of(path)] for path in paths])  # (M,)

    def _require(self, least: int, why: str) -> None:
        """At least so many files of every class, or groups of files."""
        for name in self.class_names:
            members = [path for path in self.files["train"] if self.class_of(path) == name]
            count = len(set(map(self.group_of, members)))
            if count < least:
                unit = "group" if self.grouped else "file"
                many = f"one {unit}" if count == 1 else f"{count} {unit}s"
                raise InputError(f"{self.where(name)}: {many} {why.format(name=name)}")

    def where(self, name: str) -> Path:
        """The place of a class in train, for messages."""
        return next(path.parent for path in self.files["train"] if self.class_of(path) == name)

    def _cut(self, kept: np.ndarray, cut: np.ndarray) -> dict[str, list[Path]]:
        paths = self.files["train"]
        return {**self.files, "train": [paths[i] for i in kept], "test": [paths[i] for i in cut]}
