import numpy as np
import pytest

from nimba.runtime.errors import InputError
from nimba.runtime.optional import display
from nimba.viewer import PathView, open_window
from nimba.viewer.window import window_meshes

CLOUD = np.random.default_rng(0).normal(size=(100, 3))
VIEW = PathView("axis", CLOUD, CLOUD[::9], 1.5)


def test_views_stand_side_by_side():
    first, second = window_meshes([VIEW, VIEW])
    assert np.ptp(first.vertices - second.vertices, axis=0).max() < 1e-9
    assert np.linalg.norm(first.vertices[0] - second.vertices[0]) > np.ptp(CLOUD, axis=0).max()


@pytest.mark.parametrize(("name", "said"), [(None, "there is no display"), (":4711", "display :4711 does not answer")])
def test_without_a_display_one_line_says_what_else_there_is(name, said, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    if name:
        monkeypatch.setenv("DISPLAY", name)
    display.cache_clear()
    with pytest.raises(InputError, match=rf"{said}.*; write a picture .*\.png.*\.html.*\.mp4"):
        open_window([VIEW])
    display.cache_clear()
