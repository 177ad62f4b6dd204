import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import save_file

import nimba
from nimba.classifier import ClassifierSpec
from nimba.classifier.pretrained import save_weights
from nimba.runtime.errors import InputError
from tests.clouds_to_try import cloud

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 1, "encoder_channels": (8, 8, 16), "drop_path": 0.2}


@pytest.fixture
def trained():
    model = nimba.create_model("nimba_tiny", num_classes=2, **TINY).eval()
    spec = ClassifierSpec("nimba_tiny", asdict(model.settings), ["bin", "box"], "unit_sphere", 64, nimba.__version__)
    return model, spec


def test_safetensors_there_and_back(trained, tmp_path):
    model, spec = trained
    save_weights(model, spec, tmp_path / "a.safetensors", dtype=torch.float32)
    loaded = nimba.load(tmp_path / "a.safetensors")
    assert loaded.spec == ClassifierSpec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert not loaded.training
    assert torch.equal(loaded(cloud("random")), model(cloud("random")))
    assert list(tmp_path.iterdir()) == [tmp_path / "a.safetensors"]


def test_half_precision_is_close(trained, tmp_path):
    model, spec = trained
    save_weights(model, spec, tmp_path / "a.safetensors")
    loaded = nimba.load(tmp_path / "a.safetensors")
    torch.testing.assert_close(loaded(cloud("random")), model(cloud("random")), rtol=1e-2, atol=1e-2)


def test_weights_are_as_readable_as_any_file(trained, tmp_path):
    save_weights(*trained, tmp_path / "a.safetensors")
    (tmp_path / "any").touch()
    assert (tmp_path / "a.safetensors").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_training_checkpoint(trained, tmp_path):
    model, spec = trained
    state = {f"model.{name}": weight for name, weight in model.state_dict().items()}
    torch.save({"nimba": spec.to_dict(), "state_dict": state}, tmp_path / "last.ckpt")
    assert torch.equal(nimba.load(tmp_path / "last.ckpt")(cloud("random")), model(cloud("random")))


def test_a_checkpoint_of_another_model_is_refused(trained, tmp_path):
    model, spec = trained
    state = {f"model.{name}": weight for name, weight in model.state_dict().items()}
    del state["model.head.0.weight"]
    torch.save({"nimba": spec.to_dict(), "state_dict": state}, tmp_path / "last.ckpt")
    with pytest.raises(InputError, match="not those of nimba_tiny"):
        nimba.load(tmp_path / "last.ckpt")


@pytest.mark.parametrize("content", [{}, {"state_dict": {}}, {"nimba": {"model": "nimba_tiny"}}, [1, 2]])
def test_a_file_that_nimba_did_not_write_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match=r"other\.ckpt"):
        nimba.load(tmp_path / "other.ckpt")


def test_a_pickle_that_runs_code_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"nimba": Trap()}, tmp_path / "trap.ckpt")
    with pytest.raises(InputError, match=r"trap\.ckpt"):
        nimba.load(tmp_path / "trap.ckpt")
    assert not (tmp_path / "sprung").exists()


def test_damaged_and_missing_files_are_one_line(tmp_path):
    for name in ("a.safetensors", "a.ckpt"):
        (tmp_path / name).write_bytes(b"nonsense")
        with pytest.raises(InputError, match=name) as caught:
            nimba.load(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="neither weights of"):
        nimba.load(tmp_path / "missing.ckpt")
    with pytest.raises(InputError, match="neither weights of"):
        nimba.load("nimba-unknown")


def test_safetensors_without_description_are_refused(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "plain.safetensors")
    with pytest.raises(InputError, match="not a description"):
        nimba.load(tmp_path / "plain.safetensors")
