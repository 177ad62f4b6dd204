import importlib
import subprocess
import sys
import warnings

import pytest
import torch

import nimba
from nimba.clouds import normalise
from nimba.runtime.errors import InputError
from nimba.runtime.optional import dependencies, torch_pointcloud

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 2, "encoder_channels": (8, 8, 16), "d_state": 4}
SIZES = [300, 1, 25, 300, 7]


@pytest.fixture(scope="module")
def factory():
    if not torch_pointcloud().available:
        pytest.skip(f"torch-pointcloud: {torch_pointcloud().detail}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("nimba.integrations.torch_pointcloud")
        return importlib.import_module("torch_pointcloud")


def packed():
    generator = torch.Generator().manual_seed(0)
    clouds = [torch.randn(size, 3, generator=generator) for size in SIZES]
    return clouds, torch.cat(clouds), torch.arange(len(SIZES)).repeat_interleave(torch.tensor(SIZES))


def test_every_network_and_all_weights_are_listed(factory):
    listed = factory.list_models(task="classification")
    assert {*nimba.list_models(), *nimba.list_models(pretrained=True)} <= set(listed)


def test_logits_are_those_of_each_cloud_alone(factory):
    torch.manual_seed(0)
    model = factory.create_model("nimba_tiny", num_classes=5, **TINY).eval()
    clouds, pos, batch = packed()
    with torch.no_grad():
        alone = torch.cat([model.network(cloud[None]) for cloud in clouds])
        torch.testing.assert_close(model(None, pos, batch), alone, atol=5e-7, rtol=5e-6)
        features = model.forward_features(None, pos, batch)
        assert features.shape == (5, 12, 16)
        assert torch.equal(model.forward_head(features), model(None, pos, batch))
        assert model.forward_head(features, pre_logits=True).shape == (5, model.num_features)


def test_the_last_layer_is_put_anew_or_left_out(factory):
    model = factory.create_model("nimba_tiny", num_classes=5, **TINY).eval()
    _, pos, batch = packed()
    model.reset_classifier(3)
    assert (model.num_classes, model.configure_head().out_features) == (3, 3)
    assert model(None, pos, batch).shape == (5, 3)
    headless = factory.create_model("nimba_tiny", num_classes=0, **TINY).eval()
    with torch.no_grad():
        features = headless.forward_features(None, pos, batch)
        assert torch.equal(headless(None, pos, batch), headless.forward_head(features, pre_logits=True))
        assert headless(None, pos, batch).shape == (5, headless.num_features)


def test_trained_weights_come_with_their_scale(factory):
    name = nimba.list_models(pretrained=True)[0]
    model, info = factory.create_model(name, return_info=True)
    ours = nimba.load(name)
    assert info["hparams"]["num_classes"] == len(ours.spec.class_names)
    points = torch.randn(400, 3) * 7 + 3
    scaled = info["transform"]({"pos": points})["pos"]
    torch.testing.assert_close(scaled, normalise(points, ours.spec.normalisation), atol=1e-5, rtol=0)
    with torch.no_grad():
        expected = ours(scaled[None])
        found = model.eval()(None, scaled, torch.zeros(len(points), dtype=torch.int64))
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    other = factory.create_model(name, num_classes=7)
    assert other.configure_head().out_features == 7
    pretrained = other.network.state_dict()["blocks.0.mixer.A_log"]
    assert torch.equal(pretrained, ours.state_dict()["blocks.0.mixer.A_log"])


def test_gradients_reach_the_network(factory):
    model = factory.create_model("nimba_tiny", num_classes=5, **TINY)
    _, pos, batch = packed()
    model.train()(None, pos, batch).sum().backward()
    assert all(p.grad is not None for name, p in model.named_parameters() if "auxiliary" not in name)


def test_what_does_not_fit_is_one_line(factory):
    _, pos, batch = packed()
    model = factory.create_model("nimba_tiny", num_classes=5, **TINY).eval()
    assert model(torch.zeros(len(pos), 0), pos, batch).shape == (5, 5)  # no features
    with pytest.raises(InputError, match="x: NIMBA reads coordinates alone, got 3"):
        model(torch.zeros(len(pos), 3), pos, batch)
    with pytest.raises(InputError, match="in_channels: NIMBA reads coordinates alone"):
        factory.create_model("nimba_tiny", in_channels=3)
    with pytest.raises(InputError, match="did you mean 'depth'"):
        factory.create_model("nimba_tiny", dept=3)
    with pytest.raises(InputError, match="depth: the settings of trained weights"):
        factory.create_model(nimba.list_models(pretrained=True)[0], depth=3)


def test_without_the_package_one_line_says_what_to_install():
    code = "import sys; sys.modules['torch_pointcloud'] = None; import nimba.integrations.torch_pointcloud"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "pip install 'nimba[torch-pointcloud]'" in done.stderr.strip().splitlines()[-1]


def test_nimba_itself_does_without_it():
    code = "import sys, nimba; nimba.create_model; sys.exit('torch_pointcloud' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert "torch-pointcloud" in {found.name for found in dependencies()}
