"""One page about many clouds: what it holds, what it does not load, and what a name cannot do to it."""

import re

import numpy as np
import pytest

import nimba
from nimba.inference import Answer, Answers
from nimba.viewer.report_page import write_report
from nimba.viewer.views import PathView
from nimba.viewer.vignette import HEIGHT, WIDTH, vignette
from tests.prediction.many import write_weights
from tests.viewer.test_page import Elements

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return nimba.load(write_weights(tmp_path_factory.mktemp("weights") / "a.safetensors"))


@pytest.fixture
def answers(model):
    clouds = [RNG.normal(size=(80, 3)) * scale for scale in ([1, 1, 1], [3, 1, 1], [1, 5, 1])]
    return model.classify([*clouds, np.full((3, 3), np.nan)], up="z", keep_clouds=True)


def written(answers, model, tmp_path):
    write_report(answers, model, tmp_path / "a.html", top=2)
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
    return (tmp_path / "a.html").read_text(encoding="utf-8")


def test_each_cloud_has_a_picture_its_classes_and_what_was_done(answers, model, tmp_path):
    page = written(answers, model, tmp_path)
    words = " ".join(Elements(page).words)
    assert page.count("<svg") == 3
    assert page.count("<article") == 4
    for answer in answers[:3]:
        for name, probability in answer.top(2):
            assert re.search(rf"{name}\s+{100 * probability:.1f} %", words)
    assert "z up (as given)" in words
    assert "3 of 3 points have NaN" in words
    assert answers.summary in words


def test_loads_nothing_and_runs_nothing(answers, model, tmp_path):
    page = written(answers, model, tmp_path)
    tags = Elements(page).tags
    assert not [tag for tag in tags if {"src", "href", "srcset"} & tag[1].keys()]
    assert not [tag for tag, _ in tags if tag == "script"]
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_what_a_file_name_says_is_shown_not_run(answers, model, tmp_path):
    evil = "</code><script>alert(1)</script>\x1b.ply"
    plain, page = (
        Elements(written(Answers([Answer(name, error=name)]), model, tmp_path)).tags for name in ("a.ply", evil)
    )
    assert plain == page


def test_two_hundred_clouds_stay_below_ten_megabytes(model, tmp_path):
    """Of the size that the shipped weights read, and with a path of 128."""
    cloud = RNG.normal(size=(1024, 3))
    assert 200 * len(vignette(PathView("", cloud, cloud[:128], 0.8))) < 8e6


@pytest.mark.parametrize("scale", [(1, 1, 1), (5, 1, 0), (0, 0, 0)])
def test_a_drawing_holds_all_points_and_marks_jumps(scale):
    cloud = RNG.normal(size=(50, 3)) * scale
    path = cloud[np.argsort(cloud[:, 1], kind="stable")][:20]
    view = PathView("", cloud, path, 1.5)
    drawing = vignette(view)
    places = np.array(re.findall(r"M(-?\d+) (-?\d+)", drawing), int)
    assert (places >= 0).all()
    assert (places <= [WIDTH, HEIGHT]).all()
    assert len(places) == 50 + 19
    assert drawing.count("stroke-dasharray") == view.statistics.jumps.sum()


def test_a_path_of_one_centre_is_drawn():
    assert "<circle" in vignette(PathView("", np.zeros((2, 3)), np.zeros((1, 3)), 1.0))
