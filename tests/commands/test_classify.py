import json
import os
import signal
from dataclasses import asdict

import numpy as np
import pytest
import torch

import nimba
from nimba.classifier import ClassifierSpec
from nimba.classifier.pretrained import save_weights
from nimba.clouds import normalise
from nimba.commands.classify import classify, classify_file
from nimba.commands.main import main
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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "x"), "Permission denied; change its permissions"),
        (MemoryError("Unable to allocate 2 TiB"), "MemoryError: Unable to allocate 2 TiB"),
        (IndexError("index 3 is out of\nbounds"), "IndexError: index 3 is out of bounds"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_error_of_one_file_loses_the_rest_of_the_list(weights, cloud_file, monkeypatch, capsys, error, said):
    """Only our own errors were one file's affair; any other ended the list."""
    from nimba.commands import classify as command

    def read(model, file, up):
        if file.name == "bad.ply":
            raise error
        return classify_file(model, file, up)

    monkeypatch.setattr(command, "classify_file", read)
    bad = cloud_file.with_name("bad.ply")
    if isinstance(error, OSError):
        error.filename = str(bad)
    assert command.classify([cloud_file, bad, cloud_file], weights=str(weights), json=True) == 2
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert ["classes" in row for row in rows] == [True, False, True]
    assert rows[1].keys() == {"file", "error"}
    assert rows[1]["error"].startswith(said)
    assert err == f"error: {bad}: {rows[1]['error']}\n"

    assert command.classify([bad, cloud_file], weights=str(weights), top=1) == 2
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), len(err.splitlines())) == (2, 1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_list_with_its_code(weights, cloud_file, monkeypatch, capsys, number, code):
    from nimba.commands import classify as command

    def stop(model, file, up):
        os.kill(os.getpid(), number)

    monkeypatch.setattr(command, "classify_file", stop)
    assert main(["classify", str(cloud_file), "--weights", str(weights)]) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", {130: "interrupted\n", 143: "terminated\n"}[code])


def test_bad_arguments(weights, cloud_file):
    with pytest.raises(InputError, match="top"):
        classify([cloud_file], weights=str(weights), top=0)
    with pytest.raises(InputError, match="neither weights of"):
        classify([cloud_file], weights="nowhere.ckpt")
