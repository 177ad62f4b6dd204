from pathlib import Path

import numpy as np
import pytest

from nimba.clouds import normalise
from nimba.datasets import FolderDataModule
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning
from tests.datasets.layouts import cloud, write_box, write_folder


def module(root: Path, **options) -> FolderDataModule:
    return FolderDataModule(str(root), **{"num_points": 64, "batch_size": 3, "stored_points": 100, **options})


def ids(data: FolderDataModule, split: str) -> list[str]:
    return data.load_split(split).ids


def write_other(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("no cloud")


def write_split_classes(root: Path) -> Path:
    write_folder(root, splits=("train", "test"))
    for folder in [*root.glob("t*/*/")]:
        folder.rename((root / folder.name).mkdir(exist_ok=True) or root / folder.name / folder.parent.name)
    for split in ("train", "test"):
        (root / split).rmdir()
    return root


def test_without_splits_a_stratified_test_split_is_cut(tmp_path):
    data = module(write_folder(tmp_path), test_fraction=0.4)
    assert data.class_names == ["car", "tree"]
    train, test = ids(data, "train"), ids(data, "test")
    assert sorted(train + test) == [f"{name}/{name}_{i}.npy" for name in ("car", "tree") for i in range(5)]
    assert np.bincount(data.load_split("test").labels).tolist() == [2, 2]
    assert test == ids(module(tmp_path, test_fraction=0.4), "test")
    others = [ids(module(tmp_path, test_fraction=0.4, split_seed=seed), "test") for seed in range(1, 6)]
    assert any(other != test for other in others)
    assert ids(module(tmp_path, test_fraction=0.4, seed=7), "test") == test  # the seed of a run moves no cloud


def test_splits_that_are_there_are_kept(tmp_path):
    data = module(write_folder(tmp_path, splits=("train", "val", "test")))
    assert [len(data.load_split(split)) for split in ("train", "val", "test")] == [10, 10, 10]
    assert sum(len(labels) for _, labels in data.val_dataloader()) == 10


def test_train_without_test_is_cut(tmp_path):
    data = module(write_folder(tmp_path, splits=("train", "val")))
    assert [len(data.load_split(split)) for split in ("train", "val", "test")] == [8, 10, 2]


@pytest.mark.parametrize("name", ["validation", "valid"])
def test_validation_may_be_written_out(tmp_path, name):
    """It was passed by without a word."""
    (write_folder(tmp_path, splits=("train", "val")) / "val").rename(tmp_path / name)
    data = module(tmp_path)
    assert [len(data.load_split(split)) for split in ("train", "val", "test")] == [8, 10, 2]


def test_splits_may_lie_in_the_classes(tmp_path):
    """As the meshes of ModelNet40 are laid out."""
    data = module(write_split_classes(tmp_path))
    assert data.class_names == ["car", "tree"]
    assert [len(data.load_split(split)) for split in ("train", "test")] == [10, 10]
    assert np.bincount(data.load_split("test").labels).tolist() == [5, 5]
    assert ids(data, "train")[0] == "car/car_0.npy"


def test_what_is_no_cloud_is_passed_by_with_a_note(tmp_path):
    """Thumbs.db, the materials of a mesh, a text about the data: they ended the training."""
    write_folder(tmp_path, splits=("train", "test"))
    for name in ("train/car/Thumbs.db", "train/tree/tree_0.mtl", "extra/README.md"):
        write_other(tmp_path / name)
    with pytest.warns(InputWarning, match=r"passed by.*: extra, train/car/Thumbs\.db, train/tree/tree_0\.mtl$"):
        data = module(tmp_path)
    assert data.class_names == ["car", "tree"]
    assert [len(data.load_split(split)) for split in ("train", "test")] == [10, 10]


def test_of_many_that_are_passed_by_some_are_named(tmp_path):
    write_folder(tmp_path)
    for number in range(7):
        write_other(tmp_path / "car" / f"{number}.mtl")
    with pytest.warns(InputWarning, match=r"car/4\.mtl and 2 more$"):
        module(tmp_path)


def test_classes_may_bear_the_names_of_splits(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "car").rename(tmp_path / "train")  # a toy train, not a training split: files lie right in it
    assert module(tmp_path).class_names == ["train", "tree"]


def test_clouds_of_all_sizes_become_samples(tmp_path):
    data = module(write_folder(tmp_path), normalisation="none")
    clouds = data.load_split("train")
    stored = {name: clouds[i] for i, name in enumerate(clouds.ids)}
    for name, points in stored.items():
        kind, number = name.split("/")[0], int(name[-5])
        original = cloud(100 * (kind == "tree") + number, 40 + 30 * number)
        assert len(points) == min(len(original), 100)
        assert set(map(tuple, points)) <= set(map(tuple, original))
    for loader in (data.train_dataloader(), data.test_dataloader()):
        assert {points.shape[1:] for points, _ in loader} == {(64, 3)}


def test_stored_clouds_are_in_random_order_and_normalised(tmp_path):
    ordered = np.linspace([0, 0, 0], [9, 9, 9], 400, dtype=np.float32) ** [1, 2, 3] / np.float32([1, 9, 81])
    ordered = ordered.astype(np.float32)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(2):
            np.save(tmp_path / name / f"{number}.npy", ordered)
    data = module(tmp_path, stored_points=400)
    first = data.load_split("train")[0]
    np.testing.assert_allclose(np.sort(first, axis=0), normalise(ordered, "unit_sphere"), atol=1e-6)
    assert np.ptp(first[:64, 0]) > 0.9 * np.ptp(first[:, 0])  # a prefix spans the cloud


def test_files_with_another_axis_up_are_turned(tmp_path):
    for name in ("a", "b"):
        for number in range(2):
            write_box(tmp_path / name / f"{number}.off", (1, 2, 4))
    points = module(tmp_path, up="z", normalisation="none").load_split("train")[0]
    assert np.ptp(points, axis=0).argmax() == 1


def test_hidden_files_and_the_cache_are_no_classes(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "car" / ".DS_Store").write_text("nothing")
    module(tmp_path).prepare_data()
    assert (tmp_path / ".nimba").is_dir()
    assert module(tmp_path).class_names == ["car", "tree"]


def test_a_new_file_rebuilds_the_cache(tmp_path):
    write_folder(tmp_path)
    assert len(module(tmp_path, test_fraction=0.2).load_split("train")) == 8
    for number in range(5, 10):
        np.save(tmp_path / "car" / f"car_{number}.npy", cloud(number))
    assert len(module(tmp_path, test_fraction=0.2).load_split("train")) == 12


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (lambda root: None, "no class folders: lay the clouds out as <class>/<file>"),
        (lambda root: (root / "car").mkdir(), "car: no files in this class"),
        (lambda root: write_other(root / "car" / "a.docx"), "car: no files in this class that are clouds, but a.docx"),
        (lambda root: write_folder(root, splits=("train", "val", "validation")), "validation: a second folder for the"),
        (lambda root: write_other(write_split_classes(root) / "boat" / "test" / "a.npy"), "boat: no train folder"),
        (lambda root: write_folder(root, per_class=1), "car: one file cannot be cut into train and test"),
        (lambda root: root.rmdir(), "no such folder"),
    ],
)
def test_folders_that_are_no_data_set(tmp_path, arrange, message):
    root = tmp_path / "root"
    root.mkdir()
    arrange(root)
    with pytest.raises(InputError, match=message):
        module(root)


def test_a_test_class_that_train_has_not(tmp_path):
    write_folder(tmp_path, splits=("train", "test"))
    (tmp_path / "test" / "car").rename(tmp_path / "test" / "boat")
    with pytest.raises(InputError, match="test/boat: no such class in"):
        module(tmp_path)


@pytest.mark.parametrize(("name", "content"), [("broken.ply", b"ply\nformat"), ("nan.xyz", b"nan 0 1\n1 2 3\n")])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content):
    write_folder(tmp_path, splits=("train", "test"))
    (tmp_path / "train" / "tree" / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        module(tmp_path).prepare_data()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test_fraction": 0.0}, "test_fraction is 0.0"),
        ({"test_fraction": 1.0}, "test_fraction is 1.0"),
        ({"up": "w"}, "up: 'w' is not one of x, y, z, -x, -y, -z"),
        ({"stored_points": 63}, "stored_points is 63, below num_points 64"),
    ],
)
def test_arguments_out_of_range(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        module(write_folder(tmp_path), **options)


def test_folds_are_the_test_split_in_turn(tmp_path):
    write_folder(tmp_path)
    tested = []
    for fold in range(3):
        data = module(tmp_path, folds=3, fold=fold)
        train, test = ids(data, "train"), ids(data, "test")
        assert not set(train) & set(test)
        assert len(train) + len(test) == 10
        assert {name.split("/")[0] for name in test} == {"car", "tree"}
        tested += test
    assert sorted(tested) == sorted(f"{name}/{name}_{i}.npy" for name in ("car", "tree") for i in range(5))
    assert ids(module(tmp_path, folds=3, fold=0), "test") == tested[: len(ids(module(tmp_path, folds=3), "test"))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 1}, "folds is 1: give 2 or more"),
        ({"folds": -2}, "folds is -2: give 2 or more"),
        ({"folds": 3, "fold": 3}, "fold is 3: give one from 0 to 2"),
        ({"fold": 1}, "fold is 1: give one from 0 to 0"),
        ({"folds": 6}, "car: 5 files for 6 folds: add to the class, or ask for fewer"),
    ],
)
def test_folds_that_cannot_be(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        module(write_folder(tmp_path), **options)


def test_a_test_split_leaves_no_folds(tmp_path):
    with pytest.raises(InputError, match=r"test.car: a test split of its own leaves no folds to cut"):
        module(write_folder(tmp_path, splits=("train", "test")), folds=2)
