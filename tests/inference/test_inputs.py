"""Whatever a user has in hand is one cloud, or several, or one clear line."""

import io

import numpy as np
import pytest
import torch

from nimba.inference.gather import gather
from nimba.runtime.errors import InputError
from tests.prediction.many import write_clouds

CLOUD = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]])


def open3d_objects():
    import open3d as o3d

    points = o3d.utility.Vector3dVector(CLOUD.astype(np.float64))
    mesh = o3d.geometry.TriangleMesh(o3d.utility.Vector3dVector(SQUARE), o3d.utility.Vector3iVector(FACES))
    tensor_mesh = o3d.t.geometry.TriangleMesh.from_legacy(mesh)
    return o3d.geometry.PointCloud(points), o3d.t.geometry.PointCloud(CLOUD), mesh, tensor_mesh


def geometric_objects():
    from torch_geometric.data import Batch, Data

    one = Data(pos=torch.from_numpy(CLOUD))
    mesh = Data(pos=torch.from_numpy(SQUARE), face=torch.from_numpy(FACES.T.copy()))
    return one, mesh, Batch.from_data_list([one, one])


def same(model, x, expected=CLOUD, count=1):
    """x gives the very answers that the plain array gives."""
    answers = model.classify(x, up="y")
    assert len(answers) == count
    reference = model.classify(expected, up="y")[0]
    for answer in answers:
        assert answer.probabilities == pytest.approx(reference.probabilities, abs=1e-3)
        assert answer.points == reference.points


@pytest.mark.parametrize(
    "form",
    [
        lambda: CLOUD,
        lambda: CLOUD.astype(np.float64),
        lambda: CLOUD.astype(np.float16),
        lambda: CLOUD.tolist(),
        lambda: [tuple(row) for row in CLOUD.tolist()],
        lambda: list(CLOUD),
        lambda: torch.from_numpy(CLOUD),
        lambda: torch.from_numpy(CLOUD).double().requires_grad_(),
        lambda: torch.from_numpy(CLOUD).half(),
    ],
)
def test_one_cloud_in_any_form_of_numbers(model, form):
    same(model, form())


@pytest.mark.parametrize(
    "form",
    [
        lambda: np.stack([CLOUD, CLOUD]),
        lambda: torch.from_numpy(np.stack([CLOUD, CLOUD])),
        lambda: [CLOUD, torch.from_numpy(CLOUD)],
        lambda: (CLOUD, CLOUD),
        lambda: iter([CLOUD, CLOUD]),
        lambda: [CLOUD.tolist(), CLOUD.tolist()],
    ],
)
def test_several_clouds(model, form):
    same(model, form(), count=2)


def test_clouds_of_unequal_size(model):
    answers = model.classify([CLOUD, CLOUD[:40], np.concatenate([CLOUD, CLOUD + 1])])
    assert [answer.points for answer in answers] == [60, 40, 120]
    assert [answer.source for answer in answers] == ["x[0]", "x[1]", "x[2]"]


def test_objects_of_open3d(model):
    cloud, tensor_cloud, mesh, tensor_mesh = open3d_objects()
    same(model, cloud)
    same(model, tensor_cloud)
    for one in (mesh, tensor_mesh):
        answer = model.classify(one)[0]
        assert (answer.points, answer.decided["kind"], answer.decided["triangles"]) == (10_000, "mesh", 2)


def test_objects_of_torch_geometric(model):
    one, mesh, batch = geometric_objects()
    same(model, one)
    same(model, batch, count=2)
    assert model.classify(mesh).decided["kind"] == "mesh"


def test_objects_of_trimesh(model):
    trimesh = pytest.importorskip("trimesh")
    same(model, trimesh.PointCloud(CLOUD))
    mesh = trimesh.Trimesh(SQUARE, FACES, process=False)
    assert model.classify(mesh).decided["triangles"] == 2
    scene = trimesh.Scene()
    scene.add_geometry(mesh)
    scene.add_geometry(mesh, transform=trimesh.transformations.translation_matrix([5, 0, 0]))
    answer = model.classify(scene, keep_clouds=True)[0]
    assert answer.decided["triangles"] == 4
    longest = np.ptp(answer.cloud, axis=0)
    assert longest[0] / longest[1] == pytest.approx(6, rel=0.1)  # the second one is in its place


def test_a_file_a_folder_a_pattern_and_lists_of_them(model, tmp_path, monkeypatch):
    names = write_clouds(tmp_path, 6)
    for name in ("notes.md", "a/labels.json"):
        (tmp_path / name).touch()
    folder = model.classify(tmp_path)
    assert [answer.source for answer in folder] == [str(tmp_path / name) for name in names]
    assert folder.passed_over == 2
    assert "2 files passed over" in folder.summary
    everything = model.classify(f"{tmp_path}/**/*.npy")
    assert sorted(everything.labels) == sorted(folder.labels)
    assert len(model.classify([tmp_path / names[0], tmp_path / "a", CLOUD])) == 4
    one = model.classify(str(tmp_path / names[0]))
    assert (len(one), one.source) == (1, str(tmp_path / names[0]))
    monkeypatch.chdir(tmp_path)
    assert model.classify("./" + names[0]).label == one.label


def test_a_pattern_names_what_a_shell_would(tmp_path):
    write_clouds(tmp_path, 6)
    (tmp_path / "b.txt[1].npy").touch()  # a name that looks like a pattern
    (tmp_path / "notes.md").touch()
    found = gather(f"{tmp_path}/*")
    assert len(found.items) == 7
    assert found.passed_over == 1
    assert [item.source for item in gather(tmp_path / "b.txt[1].npy").items] == [str(tmp_path / "b.txt[1].npy")]


def test_places_are_kept_apart(tmp_path):
    """Clouds of one folder share their axes; those of another one may have others."""
    for folder in ("a", "b"):
        write_clouds(tmp_path / folder, 2)
    file = tmp_path / "a" / "a" / "001.npy"
    groups = gather([file, CLOUD, tmp_path / "a", tmp_path / "b", file]).groups
    assert [len(group) for group in groups] == [2, 2, 2, 1]


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (None, "NoneType is no cloud; give a path"),
        ({}, "dict is no cloud"),
        (7, "int is no cloud"),
        ("", "an empty name"),
        ("  ", "an empty name"),
        ("nowhere.ply", "nowhere.ply: no such file"),
        ("nowhere/*.ply", r"nowhere/\*.ply: matches no cloud"),
        ("a\0b.ply", "null byte"),
        ([], "an empty list"),
        (CLOUD[:, :2], r"\(60, 2\); a cloud is \(N, 3\)"),
        (CLOUD.T, r"\(3, 60\).*swapaxes"),
        (np.zeros((5, 6)), r"\[\.\.\., :3\]"),
        (CLOUD[0], r"is \(3,\)"),
        (CLOUD[:0], "holds no points"),
        (CLOUD[:1], "single"),
        (CLOUD > 0, "array of bool"),
        (CLOUD.astype(complex), "array of complex"),
        (np.array(["a", "b"]), "array of <U1"),
        (np.zeros((9, 3)), "all 9 points are the same"),
        (np.where(CLOUD > 1, np.nan, CLOUD), "NaN or infinite coordinates; leave them out"),
        (np.where(CLOUD > 1, np.inf, CLOUD), "NaN or infinite coordinates; leave them out"),
        (torch.full((4, 3), torch.nan), "4 of 4 points have NaN"),
        (torch.zeros(0, 3), "holds no points"),
        (torch.zeros(4, 3).to_sparse(), "holds no plain numbers"),
        (torch.zeros(4, 3, device="meta"), "holds no plain numbers"),
        ([[1.0, 2.0, 3.0], [4.0]], "unequal length"),
        ([CLOUD.tolist(), [[1.0]]], "unequal length"),
        (io.BytesIO(b""), "holds nothing"),
        (io.StringIO("0 0 0"), "binary mode"),
    ],
    ids=lambda value: str(value)[:20].replace("\n", " ").replace("\0", "0"),
)
def test_a_single_input_that_is_no_cloud_is_one_line(model, x, said):
    with pytest.raises(InputError, match=said) as caught:
        model.classify(x)
    assert "\n" not in str(caught.value)


def test_an_object_that_holds_no_points_is_one_line(model):
    import open3d as o3d
    from torch_geometric.data import Data

    objects = [
        o3d.geometry.LineSet(),
        o3d.geometry.PointCloud(),
        o3d.t.geometry.PointCloud(),
        Data(x=torch.zeros(3, 3)),
    ]
    for one in objects:
        with pytest.raises(InputError, match=r"x: .*(neither|no points|without pos)"):
            model.classify(one)


def test_settings_out_of_range(model):
    for setting in ({"batch_size": 0}, {"turns": 3}, {"up": "w"}, {"format": "docx"}):
        with pytest.raises(InputError, match=next(iter(setting))):
            model.classify(io.BytesIO(b"0 0 0\n1 1 1\n"), **setting)


def test_a_folder_without_clouds_says_what_is_known(model, tmp_path):
    (tmp_path / "a.docx").touch()
    with pytest.raises(InputError, match=r"holds no clouds; known: PLY"):
        model.classify(tmp_path)
