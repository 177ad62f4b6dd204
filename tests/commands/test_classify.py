import json
from dataclasses import asdict

import numpy as np
import pytest
import torch

import nimba
from nimba.classifier import ClassifierSpec
from nimba.classifier.pretrained import save_weights
from nimba.clouds import normalise
from nimba.commands.classify import classify
from nimba.runtime.errors import InputError

NAMES = ["bin", "box", "cup"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    model = nimba.create_model("nimba_tiny", num_classes=3, num_centres=8, patch_size=8, dim=16, depth=1).eval()
    spec = ClassifierSpec("nimba_tiny", asdict(model.settings), NAMES, "unit_sphere", 64, nimba.__version__)
    path = tmp_path_factory.mktemp("weights") / "a.safetensors"
    save_weights(model, spec, path, dtype=torch.float32)
    return path


@pytest.fixture
def cloud_file(tmp_path):
    points = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    np.save(tmp_path / "cloud.npy", points)
    return tmp_path / "cloud.npy"


def test_prints_the_probabilities_of_the_model(weights, cloud_file, capsys):
    assert classify([cloud_file], weights=str(weights), up="y", json=True) == 0
    result = json.loads(capsys.readouterr().out)
    points = torch.from_numpy(normalise(np.load(cloud_file), "unit_sphere"))
    with torch.no_grad():
        expected = nimba.load(weights)(points[None])[0].softmax(0)
    assert {row["name"]: row["probability"] for row in result["classes"]} == pytest.approx(
        dict(zip(NAMES, expected.tolist(), strict=True)), rel=1e-4
    )
    assert result["up"] == "y"


def test_auto_takes_the_surer_up_axis(weights, cloud_file, capsys):
    best = {}
    for up in ("y", "z", "auto"):
        classify([cloud_file], weights=str(weights), up=up, top=1, json=True)
        best[up] = json.loads(capsys.readouterr().out)["classes"][0]["probability"]
    assert best["auto"] == max(best["y"], best["z"])


def test_the_order_of_the_points_does_not_matter(weights, cloud_file, tmp_path, capsys):
    np.save(tmp_path / "other.npy", np.load(cloud_file)[::-1])
    classify([cloud_file, tmp_path / "other.npy"], weights=str(weights), json=True)
    first, second = (json.loads(line)["classes"] for line in capsys.readouterr().out.splitlines())
    assert first == second


def test_a_bad_file_does_not_keep_the_others_from_being_read(weights, cloud_file, tmp_path, capsys):
    assert classify([tmp_path / "missing.ply", cloud_file], weights=str(weights), top=2) == 2
    out, err = capsys.readouterr()
    assert err.startswith("error: ")
    assert "missing.ply" in err
    assert len(out.splitlines()) == 3
    assert "%" in out


def test_bad_arguments(weights, cloud_file):
    with pytest.raises(InputError, match="top"):
        classify([cloud_file], weights=str(weights), top=0)
    with pytest.raises(InputError, match="neither weights of"):
        classify([cloud_file], weights="nowhere.ckpt")
