"""Points with labels as a PLY that others read."""

import numpy as np
import pytest

from nimba.clouds import read_cloud
from nimba.runtime.errors import InputError
from nimba.scenes import write_labelled_ply


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nimba_and_open3d_read_it_back(tmp_path, dtype):
    import open3d as o3d

    rng = np.random.default_rng(0)
    points = rng.random((200, 3)).astype(dtype)
    labels = rng.integers(-1, 3, 200)
    path = tmp_path / "scene.ply"
    write_labelled_ply(path, points, labels, ["floor", "chair 87 %", "Stuhl\nmit Rücken"])
    np.testing.assert_array_equal(read_cloud(path), points.astype(np.float32))
    cloud = o3d.t.io.read_point_cloud(str(path))
    np.testing.assert_array_equal(cloud.point.positions.numpy(), points)
    np.testing.assert_array_equal(cloud.point.label.numpy()[:, 0], labels)
    header = path.read_bytes().split(b"end_header")[0].decode("ascii")
    assert "comment label 1 chair 87 %\n" in header
    assert "comment label 2 Stuhl mit R\\xfccken\n" in header


@pytest.mark.parametrize(("shape", "label"), [((5, 2), 0), ((4, 3), 0), ((5, 3), 1), ((5, 3), -2)])
def test_what_does_not_fit_is_refused_and_nothing_written(tmp_path, shape, label):
    with pytest.raises(InputError):
        write_labelled_ply(tmp_path / "scene.ply", np.zeros(shape), np.full(5, label), ["floor"])
    assert not list(tmp_path.iterdir())
