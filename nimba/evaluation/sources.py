"""Where labelled files come from: a folder with a folder for each class, or a table; with or without splits."""

from dataclasses import dataclass
from pathlib import Path

from nimba.datasets.layout import Layout
from nimba.datasets.table_layout import TableLayout
from nimba.runtime.errors import InputError

ALL = "all"
SPLIT = "split.csv"  # in a run's folder: which file was in which split


@dataclass(frozen=True)
class Chosen:
    """The files to score.

    Args:
        split: "train", "val", "test", or "all".
        paths: of the files.
        labels: the class of each.
        ids: what each is called: its path in the folder, or from that of the table on.
    """

    split: str
    paths: list[Path]
    labels: list[str]
    ids: list[str]


def choose(data: Path, layout: Layout, split: str | None = None, run: Path | None = None) -> Chosen:
    """The files of one split, or of all; by default of test where there is one, else of all.

    Where a run was trained on these very files, and has cut a test from them, the default is what it cut.

    Args:
        data: the folder or table.
        layout: of it.
        split: "train", "val", "test" or "all".
        run: the weights, which may be the folder of a run.

    Raises:
        InputError: there is no such split.
    """
    files = layout.files
    kept = _kept_for_test(run, layout) if split is None and "test" not in files and run is not None else []
    if kept:
        return Chosen("test", kept, [layout.class_of(path) for path in kept], [name_in(data, path) for path in kept])
    split = split or ("test" if "test" in files else ALL)
    if split != ALL and split not in files:
        what = "no splits" if list(files) == ["train"] else f"only {', '.join(files)}"
        raise InputError(f"{data}: has no split {split}, {what}; choose another --split, or all")
    paths = [path for name, some in files.items() if split in (ALL, name) for path in some]
    return Chosen(split, paths, [layout.class_of(path) for path in paths], [name_in(data, path) for path in paths])


def _kept_for_test(run: Path, layout: Layout) -> list[Path]:
    """The files of a layout that a run has not learnt from, if it was trained on some of the others."""
    table = run / SPLIT
    if not table.is_file():
        return []
    trained = TableLayout(table).files
    mine = {path.resolve(): path for some in layout.files.values() for path in some}
    if not any(path.resolve() in mine for path in trained["train"]):
        return []
    return [mine[path.resolve()] for path in trained.get("test", []) if path.resolve() in mine]


def name_in(data: Path, path: Path) -> str:
    """What a file is called: its path in the folder, or that of the table, where it lies in it."""
    folder = data.parent if data.is_file() else data
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
