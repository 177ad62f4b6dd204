import numpy as np
import pytest

from nimba.commands.show import show
from nimba.errors import InputError


@pytest.fixture
def cloud_file(tmp_path):
    np.save(tmp_path / "cloud.npy", np.random.default_rng(0).normal(size=(150, 3)))
    return tmp_path / "cloud.npy"


def test_writes_the_picture_it_names(cloud_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert show(cloud_file, centres=20) == 0
    assert (tmp_path / "cloud_path.png").stat().st_size > 10_000
    assert "cloud_path.png: nimba (first, r = 0.8), 20 centres" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"order": "zigzag"}, "order"), ({"r": -1.0}, "r:"), ({"centres": 1}, "centres"), ({"start": "top"}, "start")],
)
def test_bad_arguments_draw_nothing(cloud_file, tmp_path, arguments, named):
    with pytest.raises(InputError, match=named):
        show(cloud_file, output=tmp_path / "a.png", **arguments)
    assert not (tmp_path / "a.png").exists()


def test_bad_files(tmp_path, cloud_file):
    with pytest.raises(InputError, match="no such file"):
        show(tmp_path / "missing.ply")
    with pytest.raises(InputError, match="folder does not exist"):
        show(cloud_file, output=tmp_path / "nowhere" / "a.png")
