"""Training that begins with trained weights."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from nimba.classifier import create_model
from nimba.classifier.pretrained import save_weights
from nimba.classifier.spec import ClassifierSpec
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from nimba.training.linear import fit_linear
from nimba.training.start import StartSettings, begin_with
from tests.training.tiny import NETWORK, KilledError, KillIn, arguments, config, read


@pytest.fixture
def weights(tmp_path):
    """Of a tiny network of three classes."""
    torch.manual_seed(7)
    model = create_model("nimba_tiny", 3, **NETWORK).eval()
    spec = ClassifierSpec("nimba_tiny", asdict(model.settings), list("abc"), "unit_sphere", 32, "0")
    save_weights(model, spec, tmp_path / "start.safetensors", torch.float32)
    return tmp_path / "start.safetensors", model


def test_all_but_the_head_is_taken(weights):
    path, trained = weights
    network = create_model("nimba_tiny", 5, **{**NETWORK, "head_channels": []})
    before = network.head[-1].weight.clone()
    begin_with(network, StartSettings(str(path)))
    theirs = trained.state_dict()
    for name, value in network.state_dict().items():
        if not name.startswith("head."):
            assert torch.equal(value, theirs[name]), name
    assert torch.equal(network.head[-1].weight, before)


def test_the_head_is_taken_where_it_is_asked_for(weights):
    path, trained = weights
    network = create_model("nimba_tiny", 3, **NETWORK)
    begin_with(network, StartSettings(str(path), head=True))
    assert torch.equal(network.head[-1].weight, trained.head[-1].weight)


def test_weights_of_another_network_are_refused(weights):
    path, _ = weights
    with pytest.raises(InputError, match=r"start\.safetensors is no network of this kind"):
        begin_with(create_model("nimba_tiny", 3, **{**NETWORK, "dim": 24}), StartSettings(str(path)))
    with pytest.raises(InputError, match="nowhere"):
        begin_with(create_model("nimba_tiny", 3, **NETWORK), StartSettings("nowhere"))


def test_a_linear_classifier_is_at_its_optimum_whatever_the_scale():
    rng = np.random.default_rng(0)
    labels = torch.as_tensor(rng.integers(0, 3, 300))
    features = torch.as_tensor(rng.normal(size=(300, 8)) + 1.5 * np.eye(8)[labels.numpy()]).float()
    fitted = fit_linear(features, labels, 3)
    shift, scale = torch.linspace(-5, 5, 8), torch.logspace(-0.5, 0.5, 8)
    again = fit_linear(features * scale + shift, labels, 3)
    assert torch.allclose(fitted(features), again(features * scale + shift), atol=1e-2)
    assert (fitted(features).argmax(1) == labels).float().mean() > 0.6
    standard = ((features - features.mean(0)) / features.std(0, correction=0)).double()
    weight = (fitted.weight * features.std(0, correction=0)).double().requires_grad_()
    bias = (fitted.bias + fitted.weight @ features.mean(0)).double().requires_grad_()
    loss = torch.nn.functional.cross_entropy(standard @ weight.T + bias, labels) + 1e-3 * weight.square().sum()
    assert max(part.abs().max() for part in torch.autograd.grad(loss, [weight, bias])) < 1e-3
    still = torch.cat([features, 5 + 1e-7 * torch.randn(300, 1)], 1)  # a feature that says nothing
    assert fit_linear(still, labels, 3).weight[:, -1].abs().max() < 1e-3
    rare = fit_linear(features, labels, 3, torch.tensor([100.0, 1.0, 1.0]))
    assert (rare(features).argmax(1) == 0).sum() > (fitted(features).argmax(1) == 0).sum()


def test_a_run_starts_with_a_fitted_head_and_resumes_with_its_own(tmp_path, weights, capsys):
    settings = config(tmp_path)
    settings["model"] |= {"start": {"path": str(weights[0])}, "class_weights": [1.0, 2.0, 1.0]}
    settings["model"]["model_settings"] |= {"head_channels": []}
    settings["trainer"]["callbacks"] = [
        {"class_path": "nimba.training.FittedHead", "init_args": {"passes": 2}},
        {"class_path": "nimba.training.FrozenNorms"},
    ]
    train(arguments(tmp_path, "--test_at_end=false", settings=settings))
    assert "head fitted to" in capsys.readouterr().out
    statistics = {name: value for name, value in weights[1].state_dict().items() if "running" in name}
    whole = read(tmp_path / "runs" / "tiny" / "0" / "last.ckpt")["state_dict"]
    assert all(torch.equal(whole[f"model.{name}"], value) for name, value in statistics.items() if "head" not in name)
    settings["experiment"] = "cut"
    with pytest.raises(KilledError):
        train(arguments(tmp_path, "--test_at_end=false", settings=settings), [KillIn(2)])
    capsys.readouterr()
    train(arguments(tmp_path, "--test_at_end=false", "--resume", settings=settings))
    assert "head fitted to" not in capsys.readouterr().out
    resumed = read(tmp_path / "runs" / "cut" / "0" / "last.ckpt")["state_dict"]
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize("weights_of", [[1.0, 2.0], [0.0] * 3, [float("nan")] * 3])
def test_weights_of_classes_that_will_not_do_are_one_line(tmp_path, weights_of):
    settings = config(tmp_path)
    settings["model"]["class_weights"] = weights_of
    with pytest.raises(InputError, match="class_weights: takes a number above 0 for each"):
        train(arguments(tmp_path, settings=settings))
