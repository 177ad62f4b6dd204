"""A table of paths and labels: CSV, TSV or Parquet, as any tool writes them."""

from pathlib import Path

import pandas as pd

from nimba.datasets.layout import Layout
from nimba.runtime.choices import nearest
from nimba.runtime.errors import InputError, first_line

SEPARATORS = {".csv": ",", ".tsv": "\t"}
TABLES = (*SEPARATORS, ".parquet", ".pq")
_PATHS = ("path", "file", "filename", "file_name", "filepath", "file_path", "cloud", "source")
_LABELS = ("label", "class", "class_name", "category", "target", "kind")
_SPLITS = ("split", "subset", "fold_name", "set")
_GROUPS = ("group", "object", "object_id", "instance", "instance_id")
_NAMES_OF_SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val"}
_NAMES_OF_SPLITS |= {"test": "test", "testing": "test"}


def is_table(path: Path) -> bool:
    """Whether a path has the name of a table."""
    return path.suffix.lower() in TABLES


class TableLayout(Layout):
    """Files that a table names: a column of paths, one of labels, and where there are any, one of splits and of groups.

    The columns go by the usual names (path, file, filename ...; label, class, category ...; split, subset; group,
    object), in any case. Paths are relative to the table's folder.

    Raises:
        InputError: a table that cannot be read, without such columns, or that names a file that is not there, twice
            with different labels, or in a split of no known name.
    """

    def __init__(self, root: Path, group_by: str | None = None):
        super().__init__(root, group_by)
        table = _read(root)
        paths, labels = _column(root, table, _PATHS, "paths"), _column(root, table, _LABELS, "labels")
        splits, groups = (_column(root, table, names) for names in (_SPLITS, _GROUPS))
        self._names: dict[Path, str] = {}
        self._groups: dict[Path, str] = {}
        self.files = {}
        assert paths is not None
        assert labels is not None
        for row, (name, label) in enumerate(zip(paths, labels, strict=True), 2):
            path, label = root.parent / name.strip(), label.strip()
            where = f"{root}, row {row}"
            if not name.strip() or not label:
                raise InputError(f"{where}: no {'path' if not name.strip() else 'label'}; fill it in or remove the row")
            if not path.is_file():
                raise InputError(f"{where}: no such file {path}; paths are relative to the table's folder")
            if self._classes.setdefault(path, label) != label:
                raise InputError(f"{where}: {name} is {label} here and {self._classes[path]} above; keep one label")
            if path in self._names:
                continue
            self._names[path] = name.strip()
            if groups is not None and groups.iloc[row - 2].strip():
                self._groups[path] = groups.iloc[row - 2].strip()
            split = "train" if splits is None else _NAMES_OF_SPLITS.get(splits.iloc[row - 2].strip().lower(), "")
            if not split:
                known = ", ".join(dict.fromkeys(_NAMES_OF_SPLITS.values()))
                raise InputError(f"{where}: no split is called {splits.iloc[row - 2]!r}; known: {known}")  # type: ignore[union-attr]
            self.files.setdefault(split, []).append(path)
        if not self.files.get("train"):
            raise InputError(f"{root}: names no files to train on")
        self.files = {split: sorted(found) for split, found in self.files.items()}
        self.class_names = sorted({self.class_of(path) for path in self.files["train"]})
        for split, found in self.files.items():
            stray = next((path for path in found if self.class_of(path) not in self.class_names), None)
            if stray is not None:
                raise InputError(f"{root}: {self.class_of(stray)} is in {split} alone; add files of it to train")

    def name_of(self, path: Path) -> str:
        """The path as the table has it."""
        return self._names[path]

    def group_of(self, path: Path) -> str:
        """As the table says, where it does and no pattern was given."""
        known = None if self._pattern else self._groups.get(path)
        return super().group_of(path) if known is None else f"group {known}"

    @property
    def grouped(self) -> bool:
        """Whether the table or a pattern says which files belong together."""
        return bool(self._groups) or super().grouped

    def where(self, name: str) -> Path:
        """The table."""
        return self.root


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() in SEPARATORS:
            table = pd.read_csv(path, sep=SEPARATORS[path.suffix.lower()], dtype=str, keep_default_na=False)
        else:
            table = pd.read_parquet(path).astype(str)
    except ImportError:
        raise InputError(f"{path}: Parquet needs pyarrow: pip install 'nimba[tables]'") from None
    except (ValueError, OSError, UnicodeError, RecursionError) as error:
        raise InputError(f"{path}: not a readable table ({first_line(error)[:120]}); write it anew as CSV") from None
    if not len(table):
        raise InputError(f"{path}: has no rows")
    return table


def _column(root: Path, table: pd.DataFrame, names: tuple[str, ...], what: str = "") -> "pd.Series[str] | None":
    """The column of one of these names; ``what`` it holds, where there has to be one."""
    known = {str(column).strip().lower(): column for column in table.columns}
    found = next((known[name] for name in names if name in known), None)
    if found is None and what:
        like = nearest(names[0], known)
        raise InputError(
            f"{root}: no column of {what}: name one {names[0]}{like}; it has {', '.join(map(str, table.columns))[:120]}"
        )
    return None if found is None else table[found].astype(str)
