"""Scenes as a picture and a page: a box and a name for each thing."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from nimba.runtime.errors import InputError
from nimba.scenes import split_scene
from nimba.viewer.scene_page import scene_page
from nimba.viewer.scene_picture import draw_scene, scene_png, thing_colours
from tests.scenes.made import UP, made


@pytest.fixture(scope="module")
def scene():
    return split_scene(made(objects=4).points, UP)


def test_each_thing_is_drawn_in_its_colour(scene):
    picture = np.asarray(Image.open(BytesIO(scene_png(scene, ["thing"] * len(scene.objects)))).convert("RGB"))
    for colour in thing_colours(len(scene.objects)):
        assert (np.abs(picture / 255 - colour).max(2) < 0.02).sum() > 200


def test_the_page_has_a_row_for_each_thing_and_escapes_names(scene):
    names = ["<script>alert(1)</script>", *["chair 87 %"] * (len(scene.objects) - 1)]
    page = scene_page(scene, names, "a & b.ply")
    assert page.count("<tr>") == len(scene.objects) + 1
    assert "<script" not in page
    assert "a &amp; b.ply" in page
    assert page.count("chair 87 %") == len(scene.objects) - 1


def test_a_name_too_few_is_refused(scene, tmp_path):
    with pytest.raises(InputError, match="names"):
        draw_scene(scene, [], tmp_path / "scene.png")
    assert not list(tmp_path.iterdir())


def test_a_scene_without_things_is_drawn_too(tmp_path):
    flat = np.random.default_rng(0).uniform(-1, 1, (500, 3)) * [1, 0, 1]
    draw_scene(split_scene(flat, UP), [], tmp_path / "floor.png")
    assert Image.open(tmp_path / "floor.png").size[0] == 1600
