import re

import numpy as np
import pytest
import torch
from torch import nn

import nimba
from nimba.classifier.pointmamba import load_pointmamba
from nimba.classifier.pretrained import save_weights
from nimba.commands.main import main
from nimba.datasets.modelnet40_form import MODELNET40_CLASSES
from nimba.datasets.shapes.generate import make_shape
from nimba.geometry.codes import hilbert
from nimba.runtime.errors import InputError
from tests.classifier.pointmamba_reference import PointMamba, hilbert_index

BRANCHES = pytest.mark.parametrize("main_branch", [True, False], ids=["main", "old"])


def reference(main_branch, num_classes=40, **sizes):
    """With all weights random, norms' statistics too: a pair that is exchanged shows."""
    torch.manual_seed(0)
    network = PointMamba(main_branch, num_classes, centres=128 if num_classes == 15 else 64, **sizes).eval()
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm1d | nn.LayerNorm):
            nn.init.normal_(norm.weight, 1, 0.2), nn.init.normal_(norm.bias, 0, 0.2)
        if isinstance(norm, nn.BatchNorm1d):
            norm.running_mean.normal_(0, 0.2), norm.running_var.uniform_(0.5, 1.5)
    return network


def shapes(count=2, points=300):
    made = [make_shape(name, np.random.default_rng(i), points) for i, name in enumerate(["chair", "table"][:count])]
    return torch.from_numpy(np.stack(made)).float() * 0.6


def saved(network, tmp_path, form="base_model", prefix="module."):
    state = {f"{prefix}{name}": tensor for name, tensor in network.state_dict().items()}
    around = {"epoch": 299, "metrics": {"acc": torch.tensor(93.6)}, "optimizer": {"state": {}, "param_groups": []}}
    torch.save(state if form is None else {form: state, **around}, tmp_path / "ckpt-best.pth")
    return tmp_path / "ckpt-best.pth"


@BRANCHES
@pytest.mark.parametrize("both_poolings", [False, True])
def test_logits_are_those_of_the_published_network(tmp_path, main_branch, both_poolings):
    network, points = reference(main_branch, both_poolings=both_poolings), shapes()
    model = nimba.load(saved(network, tmp_path))
    with torch.no_grad():
        expected = network(points)
        assert expected.std() > 0.05
        torch.testing.assert_close(model(points), expected, atol=1e-5, rtol=0)
    assert model.spec.model == ("pointmamba" if main_branch else "pointmamba_axes")
    assert (model.spec.class_names, model.spec.num_points) == (list(MODELNET40_CLASSES), 1024)


def test_the_curve_is_the_published_one_cell_by_cell():
    cells = torch.randint(0, 128, (200, 3), generator=torch.Generator().manual_seed(0))
    assert hilbert(cells, 7).tolist() == [hilbert_index(cell, 7) for cell in cells.tolist()]


@BRANCHES
@pytest.mark.parametrize(("form", "prefix"), [("base_model", ""), ("model", "module.base_model."), (None, "module.")])
def test_each_place_of_the_weights_is_found(tmp_path, main_branch, form, prefix):
    network, points = reference(main_branch), shapes(count=1)
    model = load_pointmamba(saved(network, tmp_path, form, prefix))
    with torch.no_grad():
        torch.testing.assert_close(model(points), network(points), atol=1e-5, rtol=0)


def test_scans_have_their_own_classes_and_sizes(tmp_path):
    network, points = reference(True, num_classes=15), shapes(count=1)
    model = nimba.load(saved(network, tmp_path))
    assert (model.spec.class_names[0], model.spec.num_points, model.spec.normalisation) == ("bag", 2048, "none")
    with torch.no_grad():
        torch.testing.assert_close(model(points), network(points), atol=1e-5, rtol=0)


def test_other_heads_have_numbers_for_names_or_those_that_are_given(tmp_path):
    path = saved(reference(True, num_classes=3), tmp_path)
    assert nimba.load(path).spec.class_names == ["class_0", "class_1", "class_2"]
    model = load_pointmamba(path, ["a", "b", "c"], num_centres=32, num_points=512)
    assert (model.spec.class_names, model.settings.num_centres, model.spec.num_points) == (["a", "b", "c"], 32, 512)
    with pytest.raises(InputError, match=r"ckpt-best.pth: class_names: the head has 3 classes, got 2"):
        load_pointmamba(path, ["a", "b"])


@BRANCHES
def test_what_is_missing_or_left_over_is_named(tmp_path, main_branch):
    network = reference(main_branch)
    state = network.state_dict()
    for change, message in [
        ({"pos_embed.0.bias": None}, "lacks pos_embed.0.bias"),
        ({"cls_token": torch.zeros(1, 1, 24)}, "has more than cls_token"),
        ({name: None for name in state if name.startswith("cls_head")}, "without a classifier"),
        ({"blocks.layers.7.norm.weight": torch.zeros(24)}, "lacks blocks.layers.2.mixer.A_log"),
        ({"blocks.layers.1.mixer.D": torch.zeros(2)}, re.escape("blocks.1.mixer.D has shape (2,), not (48,)")),
        ({"cls_head_finetune.8.weight": torch.zeros(())}, re.escape("cls_head_finetune.8.weight has shape ()")),
    ]:
        changed = {name: tensor for name, tensor in {**state, **change}.items() if tensor is not None}
        torch.save({"base_model": changed}, tmp_path / "x.pth")
        for load in (nimba.load, load_pointmamba):
            with pytest.raises(InputError, match=f"x.pth: .*{message}"):
                load(tmp_path / "x.pth")


def test_other_files_are_no_pointmamba(tmp_path):
    torch.save({"base_model": {"weight": torch.zeros(3)}}, tmp_path / "x.pth")
    with pytest.raises(InputError, match=r"x.pth: holds no PointMamba"):
        load_pointmamba(tmp_path / "x.pth")
    torch.save(nn.Linear(2, 2), tmp_path / "x.pth")  # a pickled module
    with pytest.raises(InputError, match=r"x.pth: not a checkpoint to trust"):
        load_pointmamba(tmp_path / "x.pth")
    with pytest.raises(InputError, match=r"none.pth: no such checkpoint"):
        load_pointmamba(tmp_path / "none.pth")


def test_a_converted_classifier_is_saved_and_loaded_like_others(tmp_path):
    model, points = nimba.load(saved(reference(True), tmp_path)), shapes()
    save_weights(model, model.spec, tmp_path / "x.safetensors", torch.float32)
    with torch.no_grad():
        assert torch.equal(nimba.load(tmp_path / "x.safetensors")(points), model(points))


def test_the_command_line_classifies_with_one(tmp_path, capsys):
    path = saved(reference(True), tmp_path)
    np.save(tmp_path / "chair.npy", shapes(count=1)[0].numpy())
    assert main(["classify", str(tmp_path / "chair.npy"), "--weights", str(path)]) == 0
    printed = capsys.readouterr().out
    assert any(name in printed for name in MODELNET40_CLASSES)


@pytest.mark.parametrize(("name", "parameters"), [("pointmamba", 12_297_768), ("pointmamba_axes", 12_297_000)])
def test_the_published_sizes(name, parameters):
    assert name in nimba.list_models("pointmamba*")
    assert nimba.info(name).parameters == parameters


def test_each_round_has_its_own_scale_and_shift():
    model = nimba.create_model("pointmamba", dim=16, depth=1, encoder_channels=(8, 8, 8)).eval()
    spared = model.no_weight_decay()
    assert {"indicator.scale.0", "indicator.scale.1", "indicator.shift.0", "indicator.shift.1"} <= spared
    tokens = torch.randn(2, 10, 16)
    with torch.no_grad():
        changed = model.indicator(tokens)
        for i, part in enumerate((slice(0, 5), slice(5, 10))):
            expected = tokens[:, part] * model.indicator.scale[i] + model.indicator.shift[i]
            assert torch.equal(changed[:, part], expected)
    with pytest.raises(InputError, match="final_norms: must be 1 or 2, got 3"):
        nimba.create_model("nimba_tiny", final_norms=3)
