from dataclasses import replace

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from nimba.runtime.errors import InputError
from nimba.viewer import PathView, animate
from nimba.viewer.animation import RATE
from nimba.viewer.camera import camera_for
from nimba.viewer.colours import scale_for
from nimba.viewer.figure import backdrop, picture_of
from nimba.viewer.growth import Growth
from nimba.viewer.raster import smoothed, supersampled

CLOUD = np.random.default_rng(0).normal(size=(200, 3))
VIEW = PathView("axis", CLOUD, CLOUD[CLOUD[:, 1].argsort()][::5], 1.5)
SIZE = (160, 140)


@pytest.fixture(scope="module")
def growth():
    camera = camera_for(CLOUD, SIZE[0] / SIZE[1])
    back = backdrop(VIEW, camera, supersampled(SIZE))
    return Growth(VIEW, scale_for([VIEW]).colours(VIEW), camera, SIZE, back), camera


def test_the_grown_path_is_the_path(growth):
    grown, camera = growth
    for _ in range(2):  # and once more after going back
        for step in (0, 7.5, 20):
            grown.at(step)
        still = smoothed(picture_of(VIEW, scale_for([VIEW]).colours(VIEW), camera, supersampled(SIZE)))
        np.testing.assert_allclose(grown.at(len(VIEW.path) - 1), still, atol=1e-5)


def test_half_a_path_is_a_picture_of_its_half(growth):
    grown, camera = growth
    half = 20
    colours = scale_for([VIEW]).colours(VIEW)[: half + 1]
    part = replace(VIEW, path=VIEW.path[: half + 1])
    still = smoothed(picture_of(part, colours, camera, supersampled(SIZE)))
    # The part is thicker for being short, and the head is marked: alike in most places, other than whole or nothing.
    apart = {step: np.abs(grown.at(step) - still).max(2) > 0.2 for step in (0, half, 39)}
    assert apart[half].mean() < 0.5 * min(apart[0].mean(), apart[39].mean())


def test_the_head_goes_along(growth):
    grown, camera = growth
    for step in (3, 11.5):
        before = int(step)
        place = VIEW.path[before] + (step - before) * (VIEW.path[before + 1] - VIEW.path[before])
        column, row = camera.project(place[None], SIZE)[0].astype(int)
        assert (grown.at(step)[row, column] < 0.15).all()


def test_a_gif_takes_as_long_as_it_should_and_ends_with_the_whole(tmp_path):
    animate([VIEW, VIEW], tmp_path / "a.gif", seconds=1.0)
    film = Image.open(tmp_path / "a.gif")
    durations, first = [], np.asarray(film.convert("RGB"))
    for number in range(film.n_frames):
        film.seek(number)
        durations.append(film.info["duration"])
    assert sum(durations) == pytest.approx(1000, abs=1000 / RATE)
    assert (first[:3] == 255).all()  # paper is white
    last = np.asarray(film.convert("RGB"))
    coloured = [(np.ptp(frame.astype(int), axis=2) > 60).sum() for frame in (first, last)]
    assert coloured[1] > 3 * coloured[0]
    assert [p.name for p in tmp_path.iterdir()] == ["a.gif"]


def test_an_mp4_has_every_frame(tmp_path):
    animate([VIEW], tmp_path / "a.mp4", seconds=1.0)
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    about = next(reader)
    assert len(list(reader)) == RATE
    assert about["fps"] == RATE
    assert all(length % 2 == 0 for length in about["size"])


def test_a_film_without_end_is_refused(tmp_path):
    with pytest.raises(InputError, match="seconds"):
        animate([VIEW], tmp_path / "a.mp4", seconds=1e6)
    assert not list(tmp_path.iterdir())
