"""Tiny data sets on disk, in the exact layouts of the real ones."""

from pathlib import Path

import h5py
import numpy as np

POINTS = 64


def cloud(seed: int, points: int = POINTS) -> np.ndarray:
    """(points, 3) float32; another one for each seed, taller (y) with it, so that clouds can be told apart."""
    generator = np.random.default_rng(seed)
    return (generator.normal(size=(points, 3)) * [1, 1 + seed % 7, 1]).astype(np.float32)


def clouds(count: int, points: int = POINTS, first: int = 0) -> np.ndarray:
    """(count, points, 3) float32."""
    return np.stack([cloud(first + i, points) for i in range(count)])


def write_hdf5(path: Path, data: np.ndarray, label: np.ndarray, **more: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=data, compression="gzip")
        for name, array in {"label": label, **more}.items():
            file.create_dataset(name, data=array)


def write_modelnet40_hdf5(root: Path, train: int = 19, test: int = 7, points: int = POINTS, classes: int = 3) -> Path:
    """modelnet40_ply_hdf5_2048: two training files, one test file, lists with a folder prefix."""
    half = train // 2
    parts = {"train0": (0, half), "train1": (half, train), "test0": (100, 100 + test)}
    for name, (first, last) in parts.items():
        label = (np.arange(first, last) % classes).astype(np.uint8)[:, None]
        write_hdf5(root / f"ply_data_{name}.h5", clouds(last - first, points, first), label)
    prefix = "data/modelnet40_ply_hdf5_2048"
    (root / "train_files.txt").write_text(f"{prefix}/ply_data_train0.h5\n{prefix}/ply_data_train1.h5\n")
    (root / "test_files.txt").write_text(f"{prefix}/ply_data_test0.h5\n")
    (root / "shape_names.txt").write_text("".join(f"class{i}\n" for i in range(classes)))
    return root


def write_modelnet40_text(root: Path, points: int = POINTS) -> Path:
    """modelnet40_normal_resampled: comma separated with normals, an underscore in a class name."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "modelnet40_shape_names.txt").write_text("bed\nnight_stand\n")
    lists: dict[str, list[str]] = {"train": [], "test": []}
    for label, name in enumerate(("bed", "night_stand")):
        (root / name).mkdir(exist_ok=True)
        for number in range(1, 5):
            shape = f"{name}_{number:04d}"
            rows = np.hstack([cloud(10 * label + number, points), np.ones((points, 3))])
            np.savetxt(root / name / f"{shape}.txt", rows, fmt="%.6f", delimiter=",")
            lists["train" if number < 4 else "test"].append(shape)
    for split, shapes in lists.items():
        (root / f"modelnet40_{split}.txt").write_text("".join(f"{shape}\n" for shape in shapes))
    return root


BOX_FACES = (
    "3 0 1 3\n3 0 3 2\n3 4 6 7\n3 4 7 5\n3 0 4 5\n3 0 5 1\n3 2 3 7\n3 2 7 6\n3 0 2 6\n3 0 6 4\n3 1 5 7\n3 1 7 3\n"
)


def write_box(path: Path, size: tuple[float, float, float], joined: bool = False) -> None:
    """A box from the origin as OFF; ``joined`` leaves out the line break after OFF, as many ModelNet40 files do."""
    corners = [(x, y, z) for x in (0, size[0]) for y in (0, size[1]) for z in (0, size[2])]
    vertices = "".join("{} {} {}\n".format(*corner) for corner in corners)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"OFF{'' if joined else chr(10)}8 12 0\n{vertices}{BOX_FACES}")


def write_modelnet40_off(raw: Path) -> Path:
    """ModelNet40's meshes, z up: boxes of height 4 and of height 1."""
    for name, height in (("bed", 1.0), ("wardrobe", 4.0)):
        for number in (1, 2, 3):
            split = "train" if number < 3 else "test"
            write_box(raw / name / split / f"{name}_{number:04d}.off", (1, 2, height), joined=number == 2)
    return raw


def write_scanobjectnn(root: Path, points: int = 2048) -> Path:
    """All six files of ScanObjectNN's h5_files."""
    for number, (folder, end) in enumerate(
        (("main_split", ""), ("main_split_nobg", ""), ("main_split", "_augmentedrot_scale75"))
    ):
        for split, count in (("training", 6), ("test", 4)):
            label = np.array([0, 14, 3, 7, 1, 2][:count], dtype=np.int32)
            first = 100 * number + (50 if split == "test" else 0)
            write_hdf5(root / folder / f"{split}_objectdataset{end}.h5", clouds(count, points, first), label)
    return root


def write_folder(root: Path, per_class: int = 5, splits: tuple[str, ...] = ()) -> Path:
    """<class>/<file> or <split>/<class>/<file> of clouds of many sizes."""
    for split in splits or (".",):
        for label, name in enumerate(("car", "tree")):
            (root / split / name).mkdir(parents=True, exist_ok=True)
            for number in range(per_class):
                points = cloud(100 * label + number, 40 + 30 * number)
                np.save(root / split / name / f"{name}_{number}.npy", points)
    return root
