"""Tables of paths and labels."""

from pathlib import Path

import numpy as np
import pytest

from nimba.datasets import FolderDataModule
from nimba.datasets.folder import open_layout
from nimba.datasets.table_layout import TableLayout
from nimba.runtime.errors import InputError


def write_clouds(folder: Path, count: int = 12) -> list[str]:
    rng = np.random.default_rng(0)
    (folder / "scans").mkdir(parents=True)
    names = [f"scans/{number:02d}.npy" for number in range(count)]
    for name in names:
        np.save(folder / name, rng.normal(size=(80, 3)).astype(np.float32))
    return names


def write_table(folder: Path, rows: list[str], header: str = "path,label", name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def names(tmp_path):
    return write_clouds(tmp_path)


def classes_of(names: list[str]) -> list[str]:
    return [f"{name},{'tree' if number % 2 else 'car'}" for number, name in enumerate(names)]


@pytest.mark.parametrize("header", ["path,label", "File,Class", "filename,category", "cloud,target"])
def test_the_usual_names_of_columns_are_known(tmp_path, names, header):
    layout = open_layout(write_table(tmp_path, classes_of(names), header))
    assert isinstance(layout, TableLayout)
    assert layout.class_names == ["car", "tree"]
    assert layout.files["train"] == [tmp_path / name for name in names]
    assert layout.class_of(tmp_path / names[1]) == "tree"
    assert layout.name_of(tmp_path / names[1]) == names[1]


def test_parquet_is_as_good_as_csv(tmp_path, names):
    pytest.importorskip("pyarrow")
    import pandas as pd

    pd.read_csv(write_table(tmp_path, classes_of(names))).to_parquet(tmp_path / "data.parquet")
    assert open_layout(tmp_path / "data.parquet").files == open_layout(tmp_path / "data.csv").files


def test_a_column_of_splits_is_kept_to(tmp_path, names):
    rows = [f"{row},{'Test' if place < 4 else 'training'}" for place, row in enumerate(classes_of(names))]
    data = FolderDataModule(str(write_table(tmp_path, rows, "path,label,split")), num_points=64)
    assert [len(data.load_split(split)) for split in ("train", "test")] == [8, 4]
    assert data.load_split("test").ids == names[:4]
    assert (tmp_path / ".nimba").is_dir()


def test_a_column_of_groups_is_kept_together(tmp_path, names):
    rows = [f"{row},thing{place // 4}" for place, row in enumerate(classes_of(names))]
    layout = open_layout(write_table(tmp_path, rows, "path,label,object"))
    splits = layout.splits(0.3, seed=0)
    sides = [{names.index(layout.name_of(path)) // 4 for path in splits[split]} for split in ("train", "test")]
    assert all(sides)
    assert not sides[0] & sides[1]


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([], "path,label", "has no rows"),
        (["scans/00.npy,car"], "name,label", "no column of paths: name one path"),
        (["scans/00.npy,car"], "path,kid", "no column of labels"),
        (["scans/99.npy,car"], "path,label", "row 2: no such file"),
        (["scans/00.npy,"], "path,label", "row 2: no label"),
        (["scans/00.npy,car", "scans/00.npy,tree"], "path,label", "row 3: .* is tree here and car above"),
        (["scans/00.npy,car,later"], "path,label,split", "no split is called 'later'"),
        (["scans/00.npy,car,test"], "path,label,split", "names no files to train on"),
        (["scans/00.npy,car,train", "scans/01.npy,boat,test"], "path,label,split", "boat is in test alone"),
        (['"scans/00.npy,car'], "path,label", "not a readable table|no such file"),
    ],
)
def test_a_table_that_will_not_do_is_one_line(tmp_path, names, rows, header, message):
    with pytest.raises(InputError, match=message) as refusal:
        open_layout(write_table(tmp_path, rows, header))
    assert "\n" not in str(refusal.value)


def test_files_that_cannot_be_read_are_left_out_with_their_number(tmp_path, names):
    (tmp_path / names[0]).write_bytes(b"no cloud at all")
    table = write_table(tmp_path, classes_of(names))
    with pytest.raises(InputError, match=r"00\.npy"):
        FolderDataModule(str(table), num_points=64).load_split("train")
    data = FolderDataModule(str(table), num_points=64, unreadable="skip")
    with pytest.warns(UserWarning, match="1 of .* files could not be read and are left out"):
        counts = [len(data.load_split(split)) for split in ("train", "test")]
    assert sum(counts) == len(names) - 1
