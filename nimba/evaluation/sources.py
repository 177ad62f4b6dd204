"""Where labelled files come from: a folder with a folder for each class, with or without splits."""

from dataclasses import dataclass
from pathlib import Path

from nimba.datasets.folder_layout import FolderLayout
from nimba.evaluation.findings import Layout
from nimba.runtime.errors import InputError

ALL = "all"


@dataclass(frozen=True)
class Chosen:
    """The files to score.

    Args:
        split: "train", "val", "test", or "all".
        paths: of the files.
        labels: the class of each.
        ids: what each is called: its path in the folder.
    """

    split: str
    paths: list[Path]
    labels: list[str]
    ids: list[str]


def labelled_files(data: Path) -> Layout:
    """The labelled files of a user's data.

    Raises:
        InputError: nothing there, or not laid out as ``FolderLayout`` wants it.
    """
    return FolderLayout(data)


def choose(data: Path, layout: Layout, split: str | None = None) -> Chosen:
    """The files of one split, or of all; by default of test where there is one, else of all.

    Raises:
        InputError: there is no such split.
    """
    files = layout.files
    split = split or ("test" if "test" in files else ALL)
    if split != ALL and split not in files:
        what = "no splits" if list(files) == ["train"] else f"only {', '.join(files)}"
        raise InputError(f"{data}: has no split {split}, {what}; choose another --split, or all")
    paths = [path for name, some in files.items() if split in (ALL, name) for path in some]
    return Chosen(split, paths, [layout.class_of(path) for path in paths], [name_in(data, path) for path in paths])


def name_in(data: Path, path: Path) -> str:
    """What a file is called: its path in the folder where it lies in it."""
    return str(path.relative_to(data)) if path.is_relative_to(data) else str(path)
