"""How a folder of clouds is laid out: its classes, its splits, its files."""

import warnings
from pathlib import Path

from nimba.clouds.listing import is_cloud
from nimba.datasets.layout import Layout
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning

_SPLITS = {"train": ("train",), "val": ("val", "validation", "valid"), "test": ("test",)}
_NAMED = 5  # of what is passed by


class FolderLayout(Layout):
    """The layout of ``root``: ``<split>/<class>/<file>``, ``<class>/<split>/<file>`` or ``<class>/<file>``.

    Splits are train, val or validation, and test. Hidden files and folders are passed over; files that are no clouds by
    their names, and folders that lie elsewhere, with an ``InputWarning`` that names them.

    Raises:
        InputError: no such folder, no class folders, a class without clouds, a class that train has not, or two folders
            for one split.
    """

    def __init__(self, root: Path, group_by: str | None = None):
        super().__init__(root, group_by)
        if not root.is_dir():
            raise InputError(f"{root}: no such folder: give one with <class>/<file> in it")
        self._passed_by: list[Path] = []
        splits = _split_folders(root)
        folders = [path for path in _visible(root) if path.is_dir()]
        self.has_splits = "train" in splits and any(path.is_dir() for path in _visible(splits["train"]))
        if self.has_splits:
            self._passed_by += [path for path in folders if path not in splits.values()]
            self.files = {split: self._files(folder) for split, folder in splits.items()}
        elif any("train" in _split_folders(folder) for folder in folders):
            self.files = self._files_of_splits_in_classes(folders)
        else:
            self.files = {"train": self._files(root)}
        self.class_names = sorted({self.class_of(path) for path in self.files["train"]})
        for split, paths in self.files.items():
            stray = next((path for path in paths if self.class_of(path) not in self.class_names), None)
            if stray is not None:
                where = splits["train"] if self.has_splits else self.root
                raise InputError(f"{stray.parent}: no such class in {where}: add files or remove it ({split} has it)")
        self._tell_what_is_passed_by()

    def _files(self, folder: Path) -> list[Path]:
        """All clouds of a folder of class folders, by class and name."""
        classes = [path for path in _visible(folder) if path.is_dir()]
        if not classes:
            raise InputError(f"{folder}: no class folders: lay the clouds out as <class>/<file>")
        return [file for path in classes for file in self._clouds(path, path.name)]

    def _files_of_splits_in_classes(self, classes: list[Path]) -> dict[str, list[Path]]:
        """The clouds of each split, laid out as the meshes of ModelNet40 are."""
        files: dict[str, list[Path]] = {}
        for path in classes:
            splits = _split_folders(path)
            if "train" not in splits:
                raise InputError(f"{path}: no train folder, which other classes have: add it or remove the class")
            self._passed_by += [entry for entry in _visible(path) if entry not in splits.values()]
            for split, folder in splits.items():
                files.setdefault(split, []).extend(self._clouds(folder, path.name))
        return files

    def _clouds(self, folder: Path, name: str) -> list[Path]:
        """The clouds right in a folder, which are of class ``name``."""
        entries = _visible(folder)
        found = [path for path in entries if path.is_file() and is_cloud(path.name)]
        others = [path for path in entries if path not in set(found)]
        if not found:
            but = f", but {others[0].name}" if others else ""
            raise InputError(f"{folder}: no files in this class that are clouds{but}: add clouds or remove the folder")
        self._passed_by += others
        self._classes.update(dict.fromkeys(found, name))
        return found

    def _tell_what_is_passed_by(self) -> None:
        names = [str(path.relative_to(self.root)) for path in self._passed_by]
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            what = f"passed by, as no clouds or out of place: {', '.join(names[:_NAMED])}{more}"
            warnings.warn(f"{self.root}: {what}", InputWarning, stacklevel=3)


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted, without hidden entries; nothing where there is no such folder."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def _split_folders(folder: Path) -> dict[str, Path]:
    """The folders in a folder that bear the names of splits, by split."""
    found: dict[str, Path] = {}
    for split, names in _SPLITS.items():
        some = [folder / name for name in names if (folder / name).is_dir()]
        if len(some) > 1:
            raise InputError(f"{some[1]}: a second folder for the {split} split beside {some[0].name}: keep one")
        if some:
            found[split] = some[0]
    return found
