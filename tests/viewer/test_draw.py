import numpy as np
import pytest
from PIL import Image

from nimba.errors import InputError
from nimba.optional import open3d_renderer
from nimba.viewer import draw_path
from nimba.viewer.style import JUMP

needs_renderer = pytest.mark.skipif(not open3d_renderer().available, reason=f"no renderer: {open3d_renderer().detail}")
RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(200, 3))
WIDTH, HEIGHT = 1600, 820


def jump_pixels(picture):
    """How many pixels of the path's picture, above its legend, have exactly the colour of a jump."""
    half = picture[: HEIGHT - 75, WIDTH // 2 :]
    return (half == np.round(np.array(JUMP) * 255).astype(np.uint8)).all(2).sum()


@needs_renderer
def test_a_picture_shows_the_path_and_marks_its_jumps(tmp_path):
    path = CLOUD[CLOUD[:, 1].argsort()][::4]
    pictures = {}
    for r in (100.0, 1.0):
        statistics = draw_path(CLOUD, path, tmp_path / f"{r}.png", r=r, title="axis")
        pictures[r] = np.asarray(Image.open(tmp_path / f"{r}.png").convert("RGB"))
        assert pictures[r].shape == (HEIGHT, WIDTH, 3)
        assert statistics.jumps.any() == (r == 1.0)
    assert jump_pixels(pictures[100.0]) == 0
    assert jump_pixels(pictures[1.0]) > 200
    for half in np.split(pictures[1.0][60 : HEIGHT - 75], 2, axis=1):
        assert 0.01 < (half < 230).any(2).mean() < 0.6  # neither blank nor filled
    assert (pictures[1.0][70, 5] == 255).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.0.png", "100.0.png"]


def test_without_a_driver_there_is_one_line_and_no_picture(tmp_path, monkeypatch):
    for name in ("VK_ICD_FILENAMES", "VK_DRIVER_FILES"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere.json"))
    monkeypatch.setenv("LIBGL_DRIVERS_PATH", str(tmp_path))
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", str(tmp_path / "nowhere.json"))
    with pytest.raises(InputError, match="drawing: Open3D's renderer ended") as caught:
        draw_path(CLOUD, CLOUD[:20], tmp_path / "a.png", r=0.8, title="axis")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
