from dataclasses import asdict

import numpy as np
import pytest
import torch

import nimba
from nimba.classifier import ClassifierSpec
from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS, serialize
from nimba.serialization.settings import OrderSettings
from nimba.viewer.model_path import model_view
from nimba.viewer.paths import path_title, path_views

CLOUD = np.random.default_rng(0).uniform(-1, 1, size=(90, 3)).astype(np.float32)
UNITS = ("centres", "points", "patches")


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_every_order_has_a_view(order):
    (view,) = path_views(CLOUD, [order], OrderSettings(), centres=24)
    assert view.path.shape == (24 * ORDERS[order].copies, 3)
    assert view.title.startswith(order)
    assert {tuple(p) for p in view.path} <= {tuple(p) for p in CLOUD}


def test_units():
    views = {
        unit: path_views(CLOUD, ["axis"], OrderSettings(), unit=unit, centres=9, patch_size=5)[0] for unit in UNITS
    }
    assert {unit: len(view.path) for unit, view in views.items()} == {"centres": 9, "points": 90, "patches": 9}
    np.testing.assert_array_equal(views["points"].path, CLOUD[serialize(CLOUD, "axis")])
    patches = views["patches"].patches
    assert patches.shape == (9, 5, 3)
    np.testing.assert_array_equal(patches[:, 0], views["patches"].path)  # the nearest point to a centre is itself
    with pytest.raises(InputError, match=r"unit: 'patch' .* did you mean 'patches'"):
        path_views(CLOUD, ["axis"], OrderSettings(), unit="patch")


def test_a_variant_of_its_own_goes_before_that_of_the_settings():
    settings = OrderSettings(r=0.4, variant="swap")
    titles = [view.title for view in path_views(CLOUD, ["nimba:nearest", "nimba"], settings)]
    assert titles == ["nimba (nearest, r = 0.4)", "nimba (swap, r = 0.4)"]
    assert path_title("hilbert", settings) == "hilbert"


@pytest.mark.parametrize("color", ["place", "contribution", "memory"])
def test_a_model_s_path_is_its_tokenization(color):
    torch.manual_seed(0)
    model = nimba.create_model("nimba_tiny", num_classes=3, num_centres=8, patch_size=6, dim=16, depth=1, r=0.5).eval()
    names = ["tin_box", "bin", "cup"]
    model.spec = ClassifierSpec("nimba_tiny", asdict(model.settings), names, "unit_sphere", 64, nimba.__version__)
    view = model_view(model, CLOUD, color=color, unit="patches")
    assert len(view.cloud) == 64
    assert np.linalg.norm(view.cloud, axis=1).max() == pytest.approx(1)
    np.testing.assert_array_equal(view.path, model.tokenize(torch.from_numpy(view.cloud)[None]).centres[0])
    assert {tuple(p) for p in view.patches.reshape(-1, 3)} <= {tuple(p) for p in view.cloud}
    assert view.r == 0.5
    assert "%: nimba (first, r = 0.5)" in view.title
    assert "_" not in view.title
    assert (view.values is None) == (color == "place")
    assert view.diverging == (color == "contribution")
    if view.values is not None:
        assert view.values.shape == (8,)
        assert view.values_label
