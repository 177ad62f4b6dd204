import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from nimba.clouds import normalise
from nimba.datasets import ModelNet40DataModule
from nimba.runtime.errors import InputError
from tests.datasets.layouts import (
    BOX_FACES,
    cloud,
    clouds,
    write_box,
    write_hdf5,
    write_modelnet40_hdf5,
    write_modelnet40_off,
    write_modelnet40_text,
)


def module(root: Path, **options) -> ModelNet40DataModule:
    return ModelNet40DataModule(str(root), **{"num_points": 32, "batch_size": 4, **options})


def test_hdf5_holds_all_clouds_in_order(tmp_path):
    data = module(write_modelnet40_hdf5(tmp_path))
    assert data.class_names == ["class0", "class1", "class2"]
    train, test = data.load_split("train"), data.load_split("test")
    assert (len(train), len(test)) == (19, 7)
    np.testing.assert_array_equal(train[12], normalise(cloud(12), "unit_sphere"))
    np.testing.assert_array_equal(test.labels, np.arange(100, 107) % 3)
    points, _ = next(iter(data.test_dataloader()))
    np.testing.assert_array_equal(points[1].numpy(), normalise(cloud(101), "unit_sphere")[:32])


def test_hdf5_names_its_shapes_where_the_file_does(tmp_path):
    root = write_modelnet40_hdf5(tmp_path)
    write_hdf5(root / "ply_data_test0.h5", clouds(2), np.array([0, 1]), id=np.array([b"airplane_0627", b"bed_0516"]))
    data = module(root)
    assert data.load_split("test").ids == ["airplane_0627", "bed_0516"]
    assert data.load_split("train").ids[:2] == ["ply_data_train0/0", "ply_data_train0/1"]


def test_the_normalisation_is_a_choice_and_has_a_cache_of_its_own(tmp_path):
    root = write_modelnet40_hdf5(tmp_path)
    raw = module(root, normalisation="none").load_split("test")
    cube = module(root, normalisation="cube").load_split("test")
    np.testing.assert_array_equal(raw[0], cloud(100))
    assert np.abs(cube[0]).max() == 1
    assert len(list((root / ".nimba").iterdir())) == 2


def test_the_cache_may_lie_elsewhere(tmp_path):
    root = write_modelnet40_hdf5(tmp_path / "data")
    module(root, cache_dir=str(tmp_path / "cache")).prepare_data()
    assert not (root / ".nimba").exists()
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_more_points_than_the_files_have(tmp_path):
    root = write_modelnet40_hdf5(tmp_path, points=40)
    assert module(root, num_points=40).load_split("test").fewest_points == 40
    with pytest.raises(InputError, match=r"num_points is 41, but .* has 40 points a shape: ask for fewer"):
        module(root, num_points=41).setup()


def test_text_holds_the_first_points_of_each_file(tmp_path):
    data = module(write_modelnet40_text(tmp_path), stored_points=48)
    assert (data.source.name, data.class_names) == ("text", ["bed", "night_stand"])
    train, test = data.load_split("train"), data.load_split("test")
    assert train.ids == [f"{name}_{number:04d}" for name in ("bed", "night_stand") for number in (1, 2, 3)]
    assert (train.points.shape, test.labels.tolist()) == ((6, 48, 3), [0, 1])
    expected = normalise(cloud(14)[:48], "unit_sphere")
    np.testing.assert_allclose(test[1], expected, atol=1e-5)  # six decimals in the file


def test_text_with_fewer_points_than_wanted(tmp_path):
    root = write_modelnet40_text(tmp_path)
    with pytest.raises(InputError, match=r"bed_0001\.txt: 64 points, but stored_points is 100"):
        module(root, stored_points=100).setup()
    with pytest.raises(InputError, match="ask for fewer or raise stored_points"):
        module(root, stored_points=20).setup()


@pytest.mark.parametrize("place", ["raw", "ModelNet40", "."])
def test_off_meshes_are_found_where_they_are_put(tmp_path, place):
    write_modelnet40_off(tmp_path / place)
    data = module(tmp_path, stored_points=64)
    assert (data.source.name, data.class_names) == ("off", ["bed", "wardrobe"])
    assert data.load_split("train").ids == ["bed_0001", "bed_0002", "wardrobe_0001", "wardrobe_0002"]
    assert data.load_split("test").labels.tolist() == [0, 1]


def test_off_meshes_are_sampled_on_their_surface_and_turned_y_up(tmp_path):
    write_modelnet40_off(tmp_path / "raw")
    points = module(tmp_path, stored_points=500, normalisation="none").load_split("test")[1]  # the wardrobe
    extent = points.max(0) - points.min(0)
    assert sorted(extent.round(1).tolist()) == [1, 2, 4]
    assert extent[1] > 3.9  # z of the file is y here
    on_a_face = np.isclose(points, points.max(0), atol=1e-4) | np.isclose(points, points.min(0), atol=1e-4)
    assert on_a_face.any(1).mean() > 0.98


def test_off_meshes_are_sampled_once_and_the_same_everywhere(tmp_path):
    found = []
    for place in ("one", "two"):
        write_modelnet40_off(tmp_path / place / "raw")
        torch.manual_seed(len(found))
        found.append(module(tmp_path / place, stored_points=64).load_split("test").points)
    np.testing.assert_array_equal(*found)


def test_a_sampled_mesh_does_not_depend_on_the_others(tmp_path):
    write_modelnet40_off(tmp_path / "raw")
    before = module(tmp_path, stored_points=64).load_split("test")[1].copy()
    write_box(tmp_path / "raw" / "bed" / "test" / "bed_0000.off", (1, 1, 1))
    np.testing.assert_array_equal(module(tmp_path, stored_points=64).load_split("test")[2], before)


def test_faces_of_five_corners_are_sampled_whole(tmp_path):
    write_modelnet40_off(tmp_path / "raw")
    corners = [(0, 0), (2, 0), (3, 1), (1, 3), (0, 2)]
    text = "OFF\n5 1 0\n" + "".join(f"{x} {y} 0\n" for x, y in corners) + "5 0 1 2 3 4\n"
    (tmp_path / "raw" / "bed" / "test" / "bed_0003.off").write_text(text)
    points = module(tmp_path, stored_points=500, normalisation="none").load_split("test")[0]
    x, y = points[:, 0], points[:, 2]  # z of the file is y here
    outside = [(x + y > 4).mean(), ((x > 2) & (y < x - 2)).mean(), ((x < 1) & (y > x + 2)).mean()]
    assert len(points) == 500
    assert max(outside) < 0.01
    assert ((x > 1.5) & (y > 1.2)).mean() > 0.1  # where neither a triangle nor a quad of its first corners is


def test_a_broken_mesh_is_named(tmp_path):
    write_modelnet40_off(tmp_path / "raw")
    (tmp_path / "raw" / "bed" / "train" / "bed_0002.off").write_text("OFF\n8 12 0\n1 2\n")
    with pytest.raises(InputError, match=r"bed_0002\.off: not a triangle mesh"):
        module(tmp_path).load_split("train")


def test_off_without_test_meshes(tmp_path):
    write_modelnet40_off(tmp_path / "raw")
    for name in ("bed", "wardrobe"):
        (tmp_path / "raw" / name / "test" / f"{name}_0003.off").unlink()
    with pytest.raises(InputError, match=r"no <class>/test/<class>_\*\.off"):
        module(tmp_path).load_split("test")


def test_a_form_may_be_asked_for_by_name(tmp_path):
    write_modelnet40_hdf5(tmp_path)
    write_modelnet40_text(tmp_path)
    assert module(tmp_path).source.name == "hdf5"
    assert module(tmp_path, form="text").source.name == "text"
    with pytest.raises(InputError, match=r"no ModelNet40 \(off\) here"):
        module(tmp_path, form="off")


@pytest.mark.parametrize(
    ("form", "step"),
    [
        ("auto", "modelnet40_ply_hdf5_2048.zip so that .*/shape_names.txt exists"),
        ("hdf5", "set download to true, or unpack"),
        ("text", "here: unpack .*modelnet40_normal_resampled.zip so that .*/modelnet40_shape_names.txt exists"),
        ("off", "ModelNet40.zip so that .*/ModelNet40/airplane/train/airplane_0001.off exists"),
    ],
)
def test_no_data_names_the_manual_step(tmp_path, form, step):
    with pytest.raises(InputError, match=step):
        module(tmp_path / "nothing", form=form)


def test_text_cannot_be_downloaded(tmp_path):
    with pytest.raises(InputError, match="here: unpack"):
        module(tmp_path, form="text", download=True)


@pytest.mark.parametrize(("options", "message"), [({"form": "ply"}, "form is 'ply'"), ({"stored_points": 0}, "is 0")])
def test_arguments_out_of_range(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        module(tmp_path, **options)


def corrupt(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


def without_labels(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["label"]


def rewrite(data, label):
    return lambda path: write_hdf5(path, data, label)


NOT_A_NUMBER = clouds(2)
NOT_A_NUMBER[1, 5, 2] = np.nan


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Path.unlink, "no such file"),
        (corrupt, "corrupted HDF5 file"),
        (without_labels, "no dataset 'label'"),
        (rewrite(clouds(2)[..., :2], np.zeros(2, int)), r"shape \(2, 64, 2\): expected \(clouds, points, 3\)"),
        (rewrite(clouds(2)[:, 0], np.zeros(2, int)), "expected .clouds, points, 3."),
        (rewrite(clouds(2), np.zeros(3, int)), "2 clouds, but labels .3,. of int64: expected one whole number each"),
        (rewrite(clouds(2), np.array([0.0, 0.5])), "expected one whole number each"),
        (rewrite(clouds(2), np.array([0, 3])), "label 3 is outside the 3 classes"),
        (rewrite(NOT_A_NUMBER, np.array([0, 1])), "cloud 1 has points that are not finite"),
    ],
)
def test_bad_hdf5_files_are_named(tmp_path, damage, message):
    root = write_modelnet40_hdf5(tmp_path)
    damage(root / "ply_data_test0.h5")
    with pytest.raises(InputError, match=rf"ply_data_test0\.h5: .*{message}"):
        module(root).prepare_data()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("test_files.txt", None, "no such file"),
        ("test_files.txt", b"\n", "empty"),
        ("shape_names.txt", b"\xff\xfe\x00", "cannot be read as text"),
    ],
)
def test_bad_lists_are_named(tmp_path, name, content, message):
    root = write_modelnet40_hdf5(tmp_path)
    (root / name).unlink() if content is None else (root / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: {message}"):
        module(root).prepare_data()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bed/bed_0004.txt", None, "bed_0004.txt: no such file"),
        ("bed/bed_0004.txt", "a,b,c\n" * 64, "not lines of x,y,z"),
        ("bed/bed_0004.txt", "nan,1,2,0,0,1\n" * 64, "not finite"),
        ("modelnet40_test.txt", "sofa_0001\n", "'sofa_0001' is of no class"),
    ],
)
def test_bad_text_files_are_named(tmp_path, name, content, message):
    root = write_modelnet40_text(tmp_path)
    (root / name).unlink() if content is None else (root / name).write_text(content)
    with pytest.raises(InputError, match=message):
        module(root, stored_points=64).prepare_data()


@pytest.mark.skipif("NIMBA_MODELNET40" not in os.environ, reason="NIMBA_MODELNET40 names no unpacked HDF5 folder")
def test_the_real_data(tmp_path):
    data = ModelNet40DataModule(os.environ["NIMBA_MODELNET40"], cache_dir=str(tmp_path), val_fraction=0.1)
    train, test = data.load_split("train"), data.load_split("test")
    assert (len(train), len(test), data.num_classes) == (9843, 2468, 40)
    assert set(test.labels) == set(train.labels) == set(range(40))
    assert train[0].shape[0] >= 1024
    radii = np.linalg.norm(test.points, axis=-1).max(1)
    np.testing.assert_allclose(radii, 1, atol=1e-4)
    counts = [sum(len(labels) for _, labels in loader) for loader in (data.train_dataloader(), data.val_dataloader())]
    assert sum(counts) == 9843
    assert counts[1] == pytest.approx(984, abs=20)


def lopsided():
    """Points of two boxes that no rotation takes into their mirror image, in a mesh file's axes, z up."""
    corners = [(0, 0, 0, 4, 2, 1), (0, 0, 1, 1, 1, 3)]
    rng = np.random.default_rng(0)
    return np.concatenate([rng.random((4000, 3)) * (c, d, e) + (x, y, z) for x, y, z, c, d, e in corners])


def write_lopsided_off(path: Path) -> None:
    vertices, faces = [], []
    for x, y, z, c, d, e in [(0, 0, 0, 4, 2, 1), (0, 0, 1, 1, 1, 3)]:
        first = len(vertices)
        vertices += [(x + a * c, y + b * d, z + f * e) for a in (0, 1) for b in (0, 1) for f in (0, 1)]
        faces += [[first + int(n) for n in line.split()[1:]] for line in BOX_FACES.splitlines()]
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"OFF\n{len(vertices)} {len(faces)} 0"]
    lines += ["{} {} {}".format(*vertex) for vertex in vertices] + ["3 {} {} {}".format(*face) for face in faces]
    path.write_text("\n".join(lines))


def occupied(points: np.ndarray) -> np.ndarray:
    """Which cells of a coarse grid hold points, from corner to corner of their box."""
    low, high = points.min(0), points.max(0)
    cells = np.minimum((5 * (points - low) / (high - low)).astype(int), 4)
    grid = np.zeros((5, 5, 5), bool)
    grid[tuple(cells.T)] = True
    return grid


def test_a_shape_is_the_same_cloud_whatever_form_it_is_read_from(tmp_path):
    sampled = lopsided()[:, [0, 2, 1]].astype(np.float32)  # as the field's sampled forms have it
    hdf5 = write_modelnet40_hdf5(tmp_path / "hdf5")
    write_hdf5(hdf5 / "ply_data_test0.h5", sampled[None], np.array([0]))
    text = tmp_path / "text"
    write_modelnet40_text(text)
    (text / "modelnet40_test.txt").write_text("bed_0001\n")
    np.savetxt(text / "bed" / "bed_0001.txt", np.hstack([sampled, sampled]), fmt="%.6f", delimiter=",")
    off = write_modelnet40_off(tmp_path / "off")
    write_lopsided_off(off / "bed" / "test" / "bed_0003.off")
    first, second, third = (
        module(hdf5).load_split("test")[0],
        module(text, stored_points=8000).load_split("test")[0],
        module(off, stored_points=8000).load_split("test")[0],
    )
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert (occupied(third) & ~occupied(first)).sum() == 0
    # The mesh is hollow; its mirror image, or any turn, would stand where the sampled boxes are not.
    assert (occupied(third * [1, 1, -1]) & ~occupied(first)).sum() > 0
