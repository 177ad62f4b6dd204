import numpy as np
import pytest
from PIL import Image

from nimba.runtime.errors import InputError
from nimba.viewer import PathView, draw
from nimba.viewer.camera import camera_for
from nimba.viewer.colours import scale_for
from nimba.viewer.figure import jump_label, picture_of
from nimba.viewer.style import JUMP

RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(200, 3))
SORTED = CLOUD[CLOUD[:, 1].argsort()][::4]


def view(r=100.0, path=SORTED, **arguments):
    return PathView("axis", CLOUD, path, r, **arguments)


def picture(one, size=(240, 240)):
    return picture_of(one, scale_for([one]).colours(one), camera_for(CLOUD, 1.0), size)


def red(pixels):
    return np.isclose(pixels, JUMP, atol=0.01).all(-1).sum()


def test_only_jumps_are_red():
    assert red(picture(view(r=100.0))) == 0
    assert red(picture(view(r=1.0))) > 50


def test_the_path_runs_through_all_colours_from_start_to_end():
    seen = picture(view())
    assert 0.01 < (seen < 0.8).any(2).mean() < 0.6  # neither blank nor filled
    assert (seen[..., 0] > seen[..., 2] + 0.4).any()  # yellow: the end
    assert (seen[..., 2] > seen[..., 1] + 0.1).any()  # violet: the start
    assert (seen[0] == 1).all()


def test_patches_are_coloured_by_their_own_places():
    patches = SORTED[:, None] + 0.05 * RNG.normal(size=(50, 8, 3))
    values = np.where(np.arange(50) < 25, -1.0, 1.0)
    seen = picture(view(patches=patches, values=values, values_label="share", diverging=True))
    orange, violet = (seen[..., 0] > seen[..., 2] + 0.3).sum(), (seen[..., 2] > seen[..., 1] + 0.15).sum()
    assert min(orange, violet) > 100


@pytest.mark.parametrize("count", [1, 4])
def test_writes_one_picture_for_all_orders(tmp_path, count):
    draw([view(r=1.0)] * count, tmp_path / "a.png", width=800)
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    height, width, _ = pixels.shape
    assert abs(width - 800) < 8
    assert (pixels[[0, -1]] == 255).all()
    assert (pixels[:, [0, -1]] == 255).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    marked = np.isclose(pixels / 255, JUMP, atol=0.01).all(-1)[: height - 50]  # above the legend
    columns = marked[: height // 2].any(0) if count == 4 else marked.any(0)
    assert not columns[: width // 3 - 10].any()  # the plain cloud comes first
    assert columns[width // 2 :].any()
    assert marked[height // 2 :].any()


@pytest.mark.parametrize(("suffix", "start"), [(".pdf", b"%PDF"), (".svg", b"<?xml")])
def test_pictures_for_print(tmp_path, suffix, start):
    draw([view()], tmp_path / f"a{suffix}", width=600)
    assert (tmp_path / f"a{suffix}").read_bytes().startswith(start)


def test_a_width_out_of_range_draws_nothing(tmp_path):
    with pytest.raises(InputError, match=r"width: .* got 12"):
        draw([view()], tmp_path / "a.png", width=12)
    assert not list(tmp_path.iterdir())


def test_summaries_count_in_words():
    assert view().summary == f"50 centres, mean step {view().statistics.mean_step:.3f}, 0 jumps"
    line = np.array([[0.0, 0, 0], [0, 0.5, 0], [0, 2.5, 0]])
    assert view(r=1.0, path=line, unit="patch").summary == "3 patches, mean step 1.250, 1 jump"


def test_the_legend_names_the_bound_of_the_jumps():
    assert jump_label([view()]) == ""
    assert jump_label([view(), view(r=1.0)]) == "step ≥ r = 1"
    assert jump_label([view(r=0.5), view(r=1.0)]) == "step ≥ r"


def test_values_of_several_views_share_a_symmetric_scale():
    values = np.linspace(-1, 3, 50)
    views = [view(values=v, values_label="share", diverging=True) for v in (values, values / 10)]
    scale = scale_for(views)
    assert (scale.range.vmin, scale.range.vmax) == (-3, 3)
    np.testing.assert_allclose(scale.colours(view(values=np.zeros(50)))[0], 0.96, atol=0.02)  # zero is neutral
    with pytest.raises(InputError, match="one colour scale"):
        scale_for([*views, view()])
