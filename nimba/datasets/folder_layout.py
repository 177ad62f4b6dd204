"""How a folder of clouds is laid out: its classes, its splits, its files."""

from pathlib import Path

import numpy as np

from nimba.datasets.splitting import stratified_folds, stratified_split
from nimba.runtime.errors import InputError

_SPLITS = ("train", "val", "test")


def class_of(path: Path) -> str:
    """The class of a file: the name of its folder."""
    return path.parent.name


class FolderLayout:
    """The layout of ``root``: ``<split>/<class>/<file>`` where it has a train folder, else ``<class>/<file>``.

    Hidden files and folders are passed over.

    Raises:
        InputError: no such folder, no class folders, a class without files, or a class that train has not.
    """

    def __init__(self, root: Path):
        self.root = root
        if not root.is_dir():
            raise InputError(f"{root}: no such folder: give one with <class>/<file> in it")
        self.has_splits = any(_visible(folder) for folder in _visible(root / "train") if folder.is_dir())
        self.files = {name: self._files(root / name) for name in _SPLITS if self.has_splits and (root / name).is_dir()}
        if not self.has_splits:
            self.files = {"train": self._files(root)}
        self.class_names = sorted({class_of(path) for path in self.files["train"]})
        for split, paths in self.files.items():
            unknown = {class_of(path) for path in paths} - set(self.class_names)
            if unknown:
                raise InputError(
                    f"{root / split / min(unknown)}: no such class in {root / 'train'}: add files or remove it"
                )

    @staticmethod
    def _files(folder: Path) -> list[Path]:
        """All files of a folder of class folders, by class and name."""
        classes = [path for path in _visible(folder) if path.is_dir()]
        if not classes:
            raise InputError(f"{folder}: no class folders: lay the clouds out as <class>/<file>")
        files = []
        for path in classes:
            found = [file for file in _visible(path) if file.is_file()]
            if not found:
                raise InputError(f"{path}: no files in this class: add clouds or remove the folder")
            files += found
        return files

    def splits(self, test_fraction: float, seed: int) -> dict[str, list[Path]]:
        """Files a split; test is cut from train, stratified and seeded, where there is no test folder.

        Raises:
            InputError: a class has one file only, which cannot be both train and test.
        """
        if "test" in self.files:
            return self.files
        labels, ids = self._labelled()
        for label, name in enumerate(self.class_names):
            if (labels == label).sum() < 2:
                raise InputError(
                    f"{self._folder(name)}: one file cannot be cut into train and "
                    f"test: add to class {name} or lay out train/ and test/"
                )
        return self._cut(*stratified_split(labels, ids, test_fraction, seed))

    def fold(self, fold: int, folds: int, seed: int) -> dict[str, list[Path]]:
        """Files a split: of ``folds`` stratified, seeded parts of train, number ``fold`` is test and the rest is train.

        Raises:
            InputError: the folder brings a test split of its own, or a class has fewer files than there are folds.
        """
        if "test" in self.files:
            raise InputError(f"{self.root / 'test'}: a test split of its own leaves no folds to cut: set folds to 0")
        labels, ids = self._labelled()
        counts = np.bincount(labels, minlength=len(self.class_names))
        fewest = int(counts.argmin())
        if counts[fewest] < folds:
            where = self._folder(self.class_names[fewest])
            raise InputError(f"{where}: {counts[fewest]} files for {folds} folds: add to the class, or ask for fewer")
        parts = stratified_folds(labels, ids, folds, seed)
        return self._cut(np.flatnonzero(parts != fold), np.flatnonzero(parts == fold))

    def _labelled(self) -> tuple[np.ndarray, list[str]]:
        """Label and id of each file of train."""
        labels = np.array([self.class_names.index(class_of(path)) for path in self.files["train"]])
        return labels, [f"{class_of(path)}/{path.name}" for path in self.files["train"]]

    def _folder(self, name: str) -> Path:
        """Of a class in train."""
        return next(path.parent for path in self.files["train"] if class_of(path) == name)

    def _cut(self, kept: np.ndarray, cut: np.ndarray) -> dict[str, list[Path]]:
        paths = self.files["train"]
        return {**self.files, "train": [paths[i] for i in kept], "test": [paths[i] for i in cut]}


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted, without hidden entries; nothing where there is no such folder."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
