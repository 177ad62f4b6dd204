import numpy as np
import pytest

import nimba
from nimba.clouds import normalise, read_cloud, resample, upright
from nimba.clouds.pose import turned
from nimba.commands.show import _views, show
from nimba.runtime.errors import InputError
from nimba.serialization.settings import OrderSettings


@pytest.fixture
def cloud_file(tmp_path):
    np.save(tmp_path / "cloud.npy", np.random.default_rng(0).normal(size=(150, 3)))
    return tmp_path / "cloud.npy"


def test_writes_the_picture_it_names(cloud_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert show(cloud_file, centres=20, up="y", width=800) == 0
    assert (tmp_path / "cloud_path.png").stat().st_size > 10_000
    view, name = capsys.readouterr().out.splitlines()
    assert view.startswith("nimba (first, r = 0.8): 20 centres, mean step ")
    assert name == "cloud_path.png"


def test_compares_orders_in_one_picture(cloud_file, tmp_path, capsys):
    show(
        cloud_file,
        output=tmp_path / "a.PNG",
        orders="nimba:nearest, hilbert,axis",
        centres=20,
        up="z",
        axis="x",
        width=800,
    )
    assert (tmp_path / "a.PNG").is_file()
    titles = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[:3]]
    assert titles == ["nimba (nearest, r = 0.8, x axis)", "hilbert", "axis (x axis)"]


@pytest.mark.parametrize("suffix", ["gif", "mp4"])
def test_films_by_the_suffix(cloud_file, tmp_path, suffix):
    show(cloud_file, output=tmp_path / f"a.{suffix}", centres=10, up="y", seconds=1.0)
    assert (tmp_path / f"a.{suffix}").stat().st_size > 5_000


def test_up_is_the_axis_that_classify_finds(cloud_file, tmp_path, capsys):
    show(cloud_file, output=tmp_path / "a.png", centres=10, width=800)
    assert capsys.readouterr().out.startswith("up axis ")


@pytest.mark.parametrize("up", ["x", "z", "-x", "-y", "-z"])
def test_any_axis_may_be_up(up, cloud_file, tmp_path):
    """The three that point down were refused."""
    parts = ("centres", 10, 32, 100)
    [view] = _views(cloud_file, up, None, OrderSettings(), parts, None, None)
    points = upright(read_cloud(cloud_file), up)
    np.testing.assert_allclose(view.cloud, normalise(resample(points, 100), "cube"), atol=1e-6)


@pytest.mark.parametrize("up", ["auto", "-y", "z"])
def test_a_model_s_path_is_that_of_the_view_that_classify_counts_most(up, cloud_file):
    """It read the cloud in the plain frame, as it faces, whatever frame it was trained in."""
    model = nimba.load()
    answer = model.classify(read_cloud(cloud_file), up=up)
    [view] = _views(cloud_file, up, None, OrderSettings(), ("centres", 10, 32, 100), "place", None)
    frame = upright(read_cloud(cloud_file), answer.pose.up, mirrored=model.spec.frame.mirrored)
    frame = turned(frame, np.radians(answer.pose.turn))
    expected = normalise(resample(frame, model.spec.num_points), model.spec.normalisation)
    np.testing.assert_allclose(view.cloud, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"orders": "nimba,zigzag"}, "orders: 'zigzag'"),
        ({"orders": "hilbert:nearest"}, "has no variants"),
        ({"orders": "nimba:closest"}, "variant"),
        ({"r": -1.0}, "r:"),
        ({"centres": 1}, "centres"),
        ({"start": "top"}, "start"),
        ({"color": "memory", "orders": "hilbert"}, "order of its own"),
        ({"color": "memory", "unit": "points"}, "unit:"),
    ],
)
def test_bad_arguments_draw_nothing(cloud_file, tmp_path, arguments, named):
    with pytest.raises(InputError, match=named):
        show(cloud_file, output=tmp_path / "a.png", up="y", **arguments)
    assert not (tmp_path / "a.png").exists()


def test_bad_files(tmp_path, cloud_file):
    with pytest.raises(InputError, match="no such file"):
        show(tmp_path / "missing.ply")
    with pytest.raises(InputError, match="folder does not exist"):
        show(cloud_file, output=tmp_path / "nowhere" / "a.png")
    with pytest.raises(InputError, match=r"unknown format '\.bmp'; known: \.png"):
        show(cloud_file, output=tmp_path / "a.bmp")
